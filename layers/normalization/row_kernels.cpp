#include <gradus/layers/normalization/row_kernels.h>

#include <gradus/core/kernels/lanes.h>
#include <gradus/core/kernels/normalization.h>
#include <gradus/core/kernels/reduce.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls body(row) for all rows, in parallel.
template <class Body>
void for_rows(const Tensor& x, double passes, Body body) {
  const double cost = 5 + passes * nanoseconds_per_element * static_cast<double>(features(x));
  parallel_for(row_count(x), cost, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) body(r);
  });
}

}  // namespace

void normalize_rows(const Tensor& x, const Tensor& gamma, const Tensor& beta, Real epsilon, Tensor& mean,
                    Tensor& inv_std, Tensor& y) {
  const Index n = features(x);
  for_rows(x, 4, [&](Index r) {
    const Real* in = x.data() + r * n;
    Real* out = y.data() + r * n;
    const Real base = mean.defined() ? in[0] : 0;
    const Real shift_of_mean =
        mean.defined() ? reduce_in_blocks(n, [=](Index i) { return in[i] - base; }) / static_cast<Real>(n) : 0;
    const auto centered = [=](Index i) { return (in[i] - base) - shift_of_mean; };
    const Real variance =
        reduce_in_blocks(n, [=](Index i) { return centered(i) * centered(i); }) / static_cast<Real>(n);
    const Real scale = 1 / std::sqrt(variance + epsilon);
    if (mean.defined()) mean.data()[r] = base + shift_of_mean;
    inv_std.data()[r] = scale;
    const Real* weight = gamma.data();
    const Real* shift = beta.data();
#pragma omp simd
    for (Index i = 0; i < n; ++i) {
      const Real xhat = centered(i) * scale;
      out[i] = (weight == nullptr ? xhat : xhat * weight[i]) + (shift == nullptr ? 0 : shift[i]);
    }
  });
}

void normalize_rows_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std,
                             const Tensor& gamma, Tensor& dx) {
  const Index n = features(x);
  const Real* weight = gamma.data();
  for_rows(x, 4, [&](Index r) {
    const Real* in = x.data() + r * n;
    const Real* g = dy.data() + r * n;
    Real* out = dx.data() + r * n;
    const Real mu = mean.defined() ? mean.data()[r] : 0;
    const Real scale = inv_std.data()[r];
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = weight == nullptr ? g[i] : g[i] * weight[i];
    const Real mean_d = mean.defined() ? sum_of(out, n) / static_cast<Real>(n) : 0;
    const Real slope =
        reduce_in_lanes(n, [=](Index i) { return out[i] * (in[i] - mu); }) * scale * scale / static_cast<Real>(n);
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = scale * (out[i] - mean_d - (in[i] - mu) * slope);
  });
}

void row_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std, Tensor& dgamma,
                   Tensor& dbeta) {
  Tensor to_dbeta = dbeta.defined() ? dbeta : Tensor::empty(dgamma.shape());
  sum_columns<2>(x, {to_dbeta.data(), dgamma.data()}, [&](const Piece& block, Real(&partial)[2][strip]) {
    for (Index r = block.row; r < block.row + block.rows; ++r) {
      const Index at = r * features(x) + block.column;
      const Real* const in = x.data() + at;
      const Real* const g = dy.data() + at;
      const Real mu = mean.defined() ? mean.data()[r] : 0;
      const Real scale = inv_std.data()[r];
#pragma omp simd
      for (Index c = 0; c < block.width; ++c) {
        partial[0][c] += g[c];
        partial[1][c] += g[c] * ((in[c] - mu) * scale);
      }
    }
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
