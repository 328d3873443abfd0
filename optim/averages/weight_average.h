#pragma once

#include <gradus/core/tensor.h>
#include <gradus/optim/known_parameters.h>

namespace gradus::inline GRADUS_PRECISION {

struct ExponentialMovingAverageOptions {
  double decay = 0.999;  ///< share of the old average, in [0, 1)
};

/// The average of a model's weights over the steps of a training (Polyak & Juditsky 1992), which often predicts better
/// than the last weights:
///
///     ExponentialMovingAverage average{{.decay = 0.999}};
///     optimizer.step(model.parameters());
///     average.update(model.parameters());  // after every step
///     ...
///     average.swap(model.parameters());    // evaluate with the averages, then swap back
///
/// Moving statistics are no weights: after the swap, measure them anew, or average model.buffers() likewise.
class ExponentialMovingAverage {
 public:
  /// Throws ValueError unless 0 <= decay < 1.
  explicit ExponentialMovingAverage(const ExponentialMovingAverageOptions& options = {});

  /// average = decay average + (1 - decay) w for all parameters, frozen ones too; the first call copies them. No
  /// allocation after it. Throws StateError for other parameters than the first, and while they are swapped.
  void update(Parameters parameters);

  /// Exchanges the weights with their averages; the second time exchanges them back, to the bit. Throws StateError
  /// before the first update and for other parameters.
  void swap(Parameters parameters);

 private:
  double decay_;
  bool swapped_ = false;
  KnownParameters known_;
  Tensor averages_;  // of all parameters, end to end
};

}  // namespace gradus::inline GRADUS_PRECISION
