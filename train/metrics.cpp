#include <gradus/train/metrics.h>

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_samples(const char* place, const Tensor& logits, const Tensor& labels) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0 && labels.shape() == Shape{logits.shape()[0]},
                    "[{}] expected logits (N, K) and labels (N), got {} and {}", place, logits.shape(), labels.shape());
}

}  // namespace

Tensor predicted_classes(const Tensor& logits) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0,
                    "[predicted_classes] expected logits (N, K), got {}", logits.shape());
  const Index classes = logits.shape()[1];
  Tensor result = Tensor::empty({logits.shape()[0]});
  for (Index i = 0; i < result.size(); ++i) {
    const Real* row = logits.data() + i * classes;
    result.data()[i] = static_cast<Real>(classes > 1 ? std::max_element(row, row + classes) - row : row[0] > 0);
  }
  return result;
}

Index class_index(std::string_view place, const Tensor& labels, Index row, Index classes) {
  const Real label = labels.data()[row];
  check(label >= 0 && label < static_cast<Real>(classes) && label == std::floor(label),
        "[{}] expected labels 0 to {}, got {} in row {}", place, classes - 1, label, row);
  return static_cast<Index>(label);
}

Index count_correct(const Tensor& logits, const Tensor& labels) {
  check_samples("count_correct", logits, labels);
  const Tensor predicted = predicted_classes(logits);
  Index correct = 0;
  for (Index i = 0; i < labels.size(); ++i) correct += predicted.data()[i] == labels.data()[i] ? 1 : 0;
  return correct;
}

double top_k_accuracy(const Tensor& logits, const Tensor& labels, Index k) {
  check_samples("top_k_accuracy", logits, labels);
  const Index classes = logits.shape()[1];
  check(k >= 1 && k <= classes, "[top_k_accuracy] expected k from 1 to the {} classes, got {}", classes, k);
  Index found = 0;
  for (Index i = 0; i < labels.size(); ++i) {
    const Index label = class_index("top_k_accuracy", labels, i, classes);
    const Real* x = logits.data() + i * classes;
    Index before = 0;  // elements that are not smaller; NaN is not
    for (Index c = 0; c < classes; ++c) {
      before += c != label && (c < label ? !(x[c] < x[label]) : !(x[c] <= x[label])) ? 1 : 0;
    }
    found += before < k ? 1 : 0;
  }
  return static_cast<double>(found) / static_cast<double>(labels.size());
}

double absolute_error(const Tensor& predictions, const Tensor& targets) {
  const StopRecording pause;
  return mean_absolute_error(predictions, targets).value().item();
}

}  // namespace gradus::inline GRADUS_PRECISION
