#include <gradus/core/kernels/softmax.h>

#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double nanoseconds_per_exponential = 0.5;

Real largest(const Real* x, Index n) {
  Real best = x[0];
#pragma omp simd reduction(max : best)
  for (Index i = 0; i < n; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

/// y = exp(x - max x); returns max x and the sum of y.
std::pair<Real, Real> shifted_exponentials(const Real* x, Real* y, Index n) {
  const Real shift = largest(x, n);
#pragma omp simd
  for (Index i = 0; i < n; ++i) y[i] = elementary::exp(x[i] - shift);
  return {shift, sum_of(y, n)};
}

/// Calls row(x, y, K) for every row of the last axis.
template <class Row>
Tensor by_rows(const Tensor& x, Row row) {
  Tensor y = Tensor::empty(x.shape());
  const Index n = x.shape()[-1];
  const Real* in = x.data();
  Real* out = y.data();
  parallel_for(n == 0 ? 0 : x.size() / n, 10 + nanoseconds_per_exponential * static_cast<double>(n),
               [=](Index begin, Index end) {
                 for (Index i = begin; i < end; ++i) row(in + i * n, out + i * n, n);
               });
  return y;
}

}  // namespace

Tensor softmax_rows(const Tensor& x) {
  return by_rows(x, [](const Real* in, Real* out, Index n) {
    const Real scale = 1 / shifted_exponentials(in, out, n).second;
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] *= scale;
  });
}

Tensor log_softmax_rows(const Tensor& x) {
  return by_rows(x, [](const Real* in, Real* out, Index n) {
    const auto [shift, sum] = shifted_exponentials(in, out, n);
    const Real log_sum = std::log(sum);
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = (in[i] - shift) - log_sum;
  });
}

Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, Tensor& dlogits) {
  const Index rows = logits.shape()[0];
  const Index classes = logits.shape()[1];
  for (Index i = 0; i < rows; ++i) {
    const Real label = labels.data()[i];
    check(label >= 0 && label < static_cast<Real>(classes) && label == std::floor(label),
          "[softmax_cross_entropy] expected labels 0 to {} for logits of shape {}, got {} in row {}", classes - 1,
          logits.shape(), label, i);
  }
  Tensor losses = Tensor::empty({rows});
  const Real* x = logits.data();
  const Real* label = labels.data();
  Real* loss = losses.data();
  Real* dx = dlogits.data();
  parallel_for(rows, 10 + nanoseconds_per_exponential * static_cast<double>(classes), [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const auto target = static_cast<Index>(label[i]);
      const auto [shift, sum] = shifted_exponentials(x + i * classes, dx + i * classes, classes);
      loss[i] = std::log(sum) - (x[i * classes + target] - shift);
      const Real scale = 1 / (sum * static_cast<Real>(rows));
#pragma omp simd
      for (Index j = 0; j < classes; ++j) dx[i * classes + j] *= scale;
      dx[i * classes + target] -= 1 / static_cast<Real>(rows);
    }
  });
  return sum_of(loss, rows) / static_cast<Real>(rows);
}

}  // namespace gradus::inline GRADUS_PRECISION
