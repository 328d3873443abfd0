#include <gradus/train/running_metrics.h>

#include <cmath>
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
  if (classes_ > 0) {
    sums_.accuracy += static_cast<double>(count_correct(outputs, batch.labels));
  } else {
    sums_.mean_absolute_error += mean_absolute_error(outputs, batch.labels) * n;
  }
}

Metrics RunningMetrics::means() const {
  return {sums_.loss / weight_, sums_.accuracy / samples_, sums_.mean_absolute_error / samples_};
}

}  // namespace gradus::inline GRADUS_PRECISION
