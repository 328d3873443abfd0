#include <gradus/train/metrics.h>

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_samples(const char* context, const Tensor& logits, const Tensor& labels) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0 && labels.shape() == Shape{logits.shape()[0]},
                    "[{}] expected logits (N, K) and labels (N), got {} and {}", context, logits.shape(), labels.shape());
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

Index count_correct(const Tensor& logits, const Tensor& labels) {
  check_samples("count_correct", logits, labels);
  const Tensor predicted = predicted_classes(logits);
  Index correct = 0;
  for (Index i = 0; i < labels.size(); ++i) correct += predicted.data()[i] == labels.data()[i] ? 1 : 0;
  return correct;
}

double absolute_error(const Tensor& predictions, const Tensor& targets) {
  const StopRecording pause;
  return mean_absolute_error(predictions, targets).value().item();
}

}  // namespace gradus::inline GRADUS_PRECISION
