#include <gradus/train/metrics.h>

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void check_samples(const char* context, const Tensor& logits, const Tensor& labels) {
  check<ShapeError>(logits.shape().rank() == 2 && logits.shape()[1] > 0 && labels.shape() == Shape{logits.shape()[0]},
                    "[{}] expected logits (N, K) and labels (N), got {} and {}", context, logits.shape(),
                    labels.shape());
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

double total_weight(const Batch& batch) {
  if (!batch.weights.defined()) return static_cast<double>(batch.inputs.shape()[0]);
  const auto weights = batch.weights.values();
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

void RunningMetrics::add(double loss, const Tensor& outputs, const Batch& batch) {
  const double weight = total_weight(batch);
  const auto n = static_cast<double>(batch.inputs.shape()[0]);
  if (weight > 0) sums_.loss += loss * weight;
  weight_ += weight;
  samples_ += n;
  const Index rows = batch.inputs.shape()[0];
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (classes_ > 0) {
    const Index columns = outputs.size() / rows;
    const bool fits = columns == classes_ || (columns == 1 && classes_ == 2);
    sums_.accuracy += fits ? static_cast<double>(count_correct(outputs.reshape({rows, columns}), batch.labels)) : nan;
  } else {
    const bool fits = outputs.size() == batch.labels.size();
    sums_.mean_absolute_error += fits ? n * absolute_error(outputs, batch.labels.reshape(outputs.shape())) : nan;
  }
}

Metrics RunningMetrics::means() const {
  return {sums_.loss / weight_, sums_.accuracy / samples_, sums_.mean_absolute_error / samples_};
}

}  // namespace gradus::inline GRADUS_PRECISION
