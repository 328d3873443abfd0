#include <gradus/core/kernels/normalization.h>

#include <gradus/core/kernels/lanes.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/kernels/strips.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

// Statistics are sums of differences from the first value, which are small where the values are large and close to each
// other, and 0 where they are equal.

void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* in = x.data() + first;
    Real* mu = mean.data() + first;
    Real* sigma2 = variance.data() + first;
    Real base[strip] = {};
    if (rows > 0) std::copy_n(in, width, base);
    Real sum[1][strip];
    sum_columns(rows, width, sum, [&](Index r, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) partial[0][c] += in[r * columns + c] - base[c];
    });
    Real shift[strip];  // of the mean from the base
    for (Index c = 0; c < width; ++c) {
      shift[c] = sum[0][c] / static_cast<Real>(rows);
      mu[c] = base[c] + shift[c];
    }
    sum_columns(rows, width, sum, [&](Index r, Real(&partial)[1][strip]) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real centered = (in[r * columns + c] - base[c]) - shift[c];
        partial[0][c] += centered * centered;
      }
    });
    for (Index c = 0; c < width; ++c) sigma2[c] = sum[0][c] / static_cast<Real>(rows);
  });
}

Tensor inv_std_of(const Tensor& variance, Real epsilon) {
  return map(variance, [epsilon](Real v) { return 1 / std::sqrt(v + epsilon); });
}

void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& inv_std, const Tensor& gamma,
                       const Tensor& beta, Tensor& y) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 1, [&](Index first, Index width) {
    Real scale[strip];
    Real shift[strip];
    for (Index c = 0; c < width; ++c) {
      scale[c] = inv_std.data()[first + c] * (gamma.defined() ? gamma.data()[first + c] : 1);
      shift[c] = beta.defined() ? beta.data()[first + c] : 0;
    }
    const Real* mu = mean.data() + first;
    for (Index r = 0; r < rows; ++r) {
      const Real* in = x.data() + r * columns + first;
      Real* out = y.data() + r * columns + first;
#pragma omp simd
      for (Index c = 0; c < width; ++c) out[c] = (in[c] - mu[c]) * scale[c] + shift[c];
    }
  });
}

namespace {

/// dbeta = sum(dy) and dgamma = sum(dy xhat(row)(column)) over the rows. No dbeta if it is undefined.
template <class Xhat>
void sum_gradients(const Tensor& x, const Tensor& dy, Tensor& dgamma, Tensor& dbeta, Xhat xhat) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* g = dy.data() + first;
    Real sums[2][strip];
    sum_columns(rows, width, sums, [&](Index r, Real(&partial)[2][strip]) {
      const auto xhat_of_row = xhat(r);
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real upstream = g[r * columns + c];
        partial[0][c] += upstream;
        partial[1][c] += upstream * xhat_of_row(first + c);
      }
    });
    if (dbeta.defined()) std::copy_n(sums[0], width, dbeta.data() + first);
    std::copy_n(sums[1], width, dgamma.data() + first);
  });
}

}  // namespace

void column_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std, Tensor& dgamma,
                      Tensor& dbeta) {
  const auto centered = [&](Index r) {
    return [in = x.data() + r * features(x), mu = mean.data()](Index c) { return in[c] - mu[c]; };
  };
  sum_gradients(x, dy, dgamma, dbeta, centered);
  for (Index c = 0; c < features(x); ++c) dgamma.data()[c] *= inv_std.data()[c];
}

void normalize_columns_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std,
                                const Tensor& gamma, const Tensor& dgamma, const Tensor& dbeta, Tensor& dx) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    Real scale[strip];
    Real mean_upstream[strip];
    Real slope[strip];
    for (Index c = 0; c < width; ++c) {
      const Index f = first + c;
      scale[c] = inv_std.data()[f] * (gamma.defined() ? gamma.data()[f] : 1);
      mean_upstream[c] = dbeta.data()[f] / static_cast<Real>(rows);
      slope[c] = inv_std.data()[f] * dgamma.data()[f] / static_cast<Real>(rows);
    }
    const Real* mu = mean.data() + first;
    for (Index r = 0; r < rows; ++r) {
      const Real* in = x.data() + r * columns + first;
      const Real* g = dy.data() + r * columns + first;
      Real* out = dx.data() + r * columns + first;
#pragma omp simd
      for (Index c = 0; c < width; ++c) out[c] = scale[c] * (g[c] - mean_upstream[c] - (in[c] - mu[c]) * slope[c]);
    }
  });
}

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
  const auto xhat = [&](Index r) {
    const Real mu = mean.defined() ? mean.data()[r] : 0;
    return [in = x.data() + r * features(x), mu, scale = inv_std.data()[r]](Index c) { return (in[c] - mu) * scale; };
  };
  sum_gradients(x, dy, dgamma, dbeta, xhat);
}

}  // namespace gradus::inline GRADUS_PRECISION
