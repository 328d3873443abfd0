#include <gradus/train/metrics.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Index count_correct(const Tensor& logits, const Tensor& labels) {
  check<ShapeError>(logits.shape().rank() == 2 && labels.shape() == Shape{logits.shape()[0]},
                    "[count_correct] expected logits (N, K) and labels (N), got {} and {}", logits.shape(),
                    labels.shape());
  const Index classes = logits.shape()[1];
  Index correct = 0;
  for (Index i = 0; i < labels.size(); ++i) {
    const Real* row = logits.data() + i * classes;
    correct += std::max_element(row, row + classes) - row == static_cast<Index>(labels.data()[i]) ? 1 : 0;
  }
  return correct;
}

double mean_absolute_error(const Tensor& predictions, const Tensor& targets) {
  check<ShapeError>(predictions.shape() == targets.shape(),
                    "[mean_absolute_error] expected predictions and targets of the same shape, got {} and {}",
                    predictions.shape(), targets.shape());
  double sum = 0;
  for (Index i = 0; i < targets.size(); ++i) {
    sum += std::abs(static_cast<double>(predictions.data()[i]) - static_cast<double>(targets.data()[i]));
  }
  return sum / static_cast<double>(targets.size());
}

}  // namespace gradus::inline GRADUS_PRECISION
