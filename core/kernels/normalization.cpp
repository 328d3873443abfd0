#include <gradus/core/kernels/normalization.h>

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

}  // namespace gradus::inline GRADUS_PRECISION
