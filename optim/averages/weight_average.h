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
/// The moving statistics belong to the weights as they were: recalibrate them after the swap, or average
/// model.state(), which includes them.
class ExponentialMovingAverage {
 public:
  /// Throws ValueError unless 0 <= decay < 1.
  explicit ExponentialMovingAverage(const ExponentialMovingAverageOptions& options = {});

  /// average = decay average + (1 - decay) w for all parameters, frozen ones too; the first call copies them. No
  /// allocation after it. Throws StateError for other parameters than the first, and while they are swapped.
  void update(Parameters parameters);
  void update(NamedTensors state);

  /// Exchanges the weights with their averages; the second time exchanges them back, to the bit. Throws StateError
  /// before the first update and for other parameters.
  void swap(Parameters parameters);
  void swap(NamedTensors state);

 private:
  template <class T>
  void update_list(NamedTensorList<T> list);
  template <class T>
  void swap_list(NamedTensorList<T> list);

  double decay_;
  bool swapped_ = false;
  KnownParameters known_;
  Tensor averages_;  // of all parameters, end to end
};

}  // namespace gradus::inline GRADUS_PRECISION
