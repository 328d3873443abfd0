#include <gradus/core/kernels/softmax.h>

#include <gradus/core/class_index.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double nanoseconds_per_exponential = 0.5;

Real max_of(const Real* x, Index n) {
  Real best = x[0];
#pragma omp simd reduction(max : best)
  for (Index i = 0; i < n; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

struct ShiftedSum {
  Real shift;  ///< the maximum
  Real sum;    ///< of exp(x - shift)
};

/// Writes y = exp(x - max x).
ShiftedSum shifted_exponentials(const Real* x, Real* y, Index n) {
  const Real shift = max_of(x, n);
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
    const Real scale = 1 / shifted_exponentials(in, out, n).sum;
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] *= scale;
  });
}

Tensor log_softmax_rows(const Tensor& x) {
  return by_rows(x, [](const Real* in, Real* out, Index n) {
    const ShiftedSum exponentials = shifted_exponentials(in, out, n);
    const Real shift = exponentials.shift;
    const Real log_sum = std::log(exponentials.sum);
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = (in[i] - shift) - log_sum;
  });
}

namespace {

constexpr const char* context = "softmax_cross_entropy";

/// The sum of row(i, x, dx) over the rows x of the logits and dx of their gradient.
template <class Row>
Real sum_over_rows(const Tensor& logits, Tensor& dlogits, Row row) {
  const Index rows = logits.shape()[0];
  const Index classes = logits.shape()[1];
  Tensor losses = Tensor::empty({rows});
  const Real* x = logits.data();
  Real* loss = losses.data();
  Real* dx = dlogits.data();
  parallel_for(rows, 10 + nanoseconds_per_exponential * static_cast<double>(classes), [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) loss[i] = row(i, x + i * classes, dx + i * classes);
  });
  return sum_of(loss, rows);
}

}  // namespace

Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, Tensor& dlogits) {
  const Index rows = logits.shape()[0];
  for (Index i = 0; i < rows; ++i) class_index(context, labels, i, logits.shape()[1]);
  const auto row = [rows, classes = logits.shape()[1], label = labels.data()](Index i, const Real* x, Real* dx) {
    const auto target = static_cast<Index>(label[i]);
    const auto [shift, sum] = shifted_exponentials(x, dx, classes);
    const Real scale = 1 / (sum * static_cast<Real>(rows));
#pragma omp simd
    for (Index j = 0; j < classes; ++j) dx[j] *= scale;
    dx[target] -= 1 / static_cast<Real>(rows);
    return std::log(sum) - (x[target] - shift);
  };
  return sum_over_rows(logits, dlogits, row) / static_cast<Real>(rows);
}

Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const CrossEntropyWeights& weights,
                                Tensor& dlogits) {
  const Real* of_row = weights.rows.data();
  const Real* of_label = weights.label.data();
  const Real* of_every = weights.every.data();
  const Index classes = logits.shape()[1];
  for (Index i = 0; i < logits.shape()[0]; ++i) {
    if (of_row[i] != 0) class_index(context, labels, i, logits.shape()[1]);
  }
  const Real sum_of_every = weights.every.defined() ? sum_of(of_every, classes) : 0;
  return sum_over_rows(logits, dlogits, [=, label = labels.data()](Index i, const Real* x, Real* dx) {
    if (of_row[i] == 0) {
      std::fill_n(dx, classes, Real{0});
      return Real{0};
    }
    const auto target = static_cast<Index>(label[i]);
    const ShiftedSum exponentials = shifted_exponentials(x, dx, classes);
    const Real shift = exponentials.shift;
    const Real log_sum = std::log(exponentials.sum);
    const Real at_label = of_row[i] * of_label[target];
    const Real scale = (at_label + of_row[i] * sum_of_every) / exponentials.sum;
    Real loss = at_label * (log_sum - (x[target] - shift));
#pragma omp simd
    for (Index j = 0; j < classes; ++j) dx[j] *= scale;
    dx[target] -= at_label;
    if (of_every != nullptr) {
      Real rest = 0;
#pragma omp simd reduction(+ : rest)
      for (Index j = 0; j < classes; ++j) {
        dx[j] -= of_row[i] * of_every[j];
        rest += of_every[j] * (log_sum - (x[j] - shift));
      }
      loss += of_row[i] * rest;
    }
    return loss;
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
