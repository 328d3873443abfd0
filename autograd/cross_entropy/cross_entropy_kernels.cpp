#include <gradus/autograd/cross_entropy/cross_entropy_kernels.h>

#include <gradus/core/class_index.h>
#include <gradus/core/kernels/softmax.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Tensor log_softmax_rows(const Tensor& x) {
  return by_rows(x, [](const Real* in, Real* out, Index n) {
    const ShiftedSum exponentials = shifted_exponentials(in, out, n);
    const Real shift = exponentials.shift;
    const Real log_sum = std::log(exponentials.sum);
#pragma omp simd
    for (Index i = 0; i < n; ++i) out[i] = (in[i] - shift) - log_sum;
  });
}

Real weighted_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const CrossEntropyWeights& weights,
                                 Tensor& dlogits) {
  const Real* of_row = weights.rows.data();
  const Real* of_label = weights.label.data();
  const Real* of_every = weights.every.data();
  const Index classes = logits.shape()[1];
  for (Index i = 0; i < logits.shape()[0]; ++i) {
    if (of_row[i] != 0) class_index("softmax_cross_entropy", labels, i, classes);
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
