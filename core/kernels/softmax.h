#pragma once  // internal

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

namespace gradus::inline GRADUS_PRECISION {

/// Softmax over the last axis: y = exp(x - max x) / sum exp(x - max x).
Tensor softmax_rows(const Tensor& x);

/// The mean over the rows of -log softmax(logits)[label]; writes its gradient (softmax - onehot) / N to `dlogits`. With
/// `weights` (N) the sum of weight times that, where a row of weight 0 is not read. Throws ValueError for a label
/// outside 0 ... K-1.
Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const Tensor& weights, Tensor& dlogits);

// Building blocks of other losses.

constexpr double nanoseconds_per_exponential = 0.5;

struct ShiftedSum {
  Real shift;  ///< the maximum
  Real sum;    ///< of exp(x - shift)
};

/// Writes y = exp(x - max x).
ShiftedSum shifted_exponentials(const Real* x, Real* y, Index n);

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

}  // namespace gradus::inline GRADUS_PRECISION
