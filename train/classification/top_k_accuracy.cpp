#include <gradus/train/classification/top_k_accuracy.h>

#include <gradus/core/class_index.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

double top_k_accuracy(const Tensor& logits, const Tensor& labels, Index k) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0 && labels.shape() == Shape{logits.shape()[0]},
                    "[top_k_accuracy] expected logits (N, K) and labels (N), got {} and {}", logits.shape(),
                    labels.shape());
  const Index classes = logits.shape()[1];
  check(k >= 1 && k <= classes, "[top_k_accuracy] expected k from 1 to the {} classes, got {}", classes, k);
  Index found = 0;
  for (Index i = 0; i < labels.size(); ++i) {
    const Index label = class_index("top_k_accuracy", labels, i, classes);
    const Real* x = logits.data() + i * classes;
    Index before = 0;  // larger elements
    for (Index c = 0; c < classes; ++c) before += (c < label ? x[c] >= x[label] : x[c] > x[label]) ? 1 : 0;
    const bool defined = std::none_of(x, x + classes, [](Real score) { return std::isnan(score); });
    found += defined && before < k ? 1 : 0;
  }
  return static_cast<double>(found) / static_cast<double>(labels.size());
}

}  // namespace gradus::inline GRADUS_PRECISION
