#include <gradus/train/running_metrics.h>

#include <limits>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

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
