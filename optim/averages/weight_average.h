#pragma once

#include <gradus/core/archive.h>
#include <gradus/core/tensor.h>
#include <gradus/optim/known_parameters.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

struct ExponentialMovingAverageOptions {
  double decay = 0.999;  ///< share of the old average, in [0, 1)
};

/// Average of the weights of a model over the training steps (Polyak & Juditsky 1992), which often predicts better than
/// the last weights:
///
///     ExponentialMovingAverage average{{.decay = 0.999}};
///     optimizer.step(model.parameters());
///     average.update(model.parameters());  // after every step
///     ...
///     average.swap(model.parameters());    // evaluate with the averages, then swap back
///
/// The moving statistics of batch normalization belong to the weights, not to their average: recalibrate them after the
/// swap, or average model.state(), which includes them.
///
/// Several threads: an average is used by one thread at a time.
class ExponentialMovingAverage {
 public:
  /// Throws ValueError unless 0 <= decay < 1.
  explicit ExponentialMovingAverage(const ExponentialMovingAverageOptions& options = {});

  /// average = decay average + (1 - decay) w for all parameters, including frozen ones. The first call copies w; later
  /// calls do not allocate. Throws StateError unless the parameters are those of the first call, and while swapped.
  void update(Parameters parameters);
  void update(NamedTensors state);

  /// Exchanges the weights and their averages; a second call restores both exactly. Throws StateError before the first
  /// update, and unless the parameters are those of the first update.
  void swap(Parameters parameters);
  void swap(NamedTensors state);

  /// The averages. Restored ones belong to the parameters of the next call.
  void visit_state(Archive& archive);

 private:
  /// Throws StateError unless the averages are of these parameters.
  template <class T>
  void check_same(std::string_view call, NamedTensorList<T> list);
  template <class T>
  void update_list(NamedTensorList<T> list);
  template <class T>
  void swap_list(NamedTensorList<T> list);

  double decay_;
  bool swapped_ = false;
  bool restored_ = false;  // and not used since
  KnownParameters known_;
  Tensor averages_;  // of all parameters, end to end
};

}  // namespace gradus::inline GRADUS_PRECISION
