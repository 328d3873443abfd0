#include <gradus/core/kernels/softmax.h>

#include <gradus/core/class_index.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/reduce.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

Real max_of(const Real* x, Index n) {
  Real best = x[0];
#pragma omp simd reduction(max : best)
  for (Index i = 0; i < n; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

}  // namespace

ShiftedSum shifted_exponentials(const Real* x, Real* y, Index n) {
  const Real shift = max_of(x, n);
#pragma omp simd
  for (Index i = 0; i < n; ++i) y[i] = elementary::exp(x[i] - shift);
  return {shift, sum_of(y, n)};
}

Tensor softmax_rows(const Tensor& x) {
  return by_rows(x, [](const Real* in, Real* out, Index n) {
    const Real scale = 1 / shifted_exponentials(in, out, n).sum;
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] *= scale;
  });
}

Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const Tensor& weights, Tensor& dlogits) {
  const Index rows = logits.shape()[0];
  const Index classes = logits.shape()[1];
  const Real* weight = weights.data();
  for (Index i = 0; i < rows; ++i) {
    if (weight == nullptr || weight[i] != 0) class_index("softmax_cross_entropy", labels, i, classes);
  }
  const Real divisor = weight == nullptr ? static_cast<Real>(rows) : 1;
  const auto row = [=, label = labels.data()](Index i, const Real* x, Real* dx) {
    const Real w = weight == nullptr ? 1 : weight[i];
    if (w == 0) {
      std::fill_n(dx, classes, Real{0});
      return Real{0};
    }
    const auto target = static_cast<Index>(label[i]);
    const auto [shift, sum] = shifted_exponentials(x, dx, classes);
    const Real scale = w / (sum * divisor);
#pragma omp simd
    for (Index j = 0; j < classes; ++j) dx[j] *= scale;
    dx[target] -= w / divisor;
    return w * (std::log(sum) - (x[target] - shift));
  };
  return sum_over_rows(logits, dlogits, row) / divisor;
}

}  // namespace gradus::inline GRADUS_PRECISION
