#pragma once

#include <gradus/train/callback.h>

namespace gradus::inline GRADUS_PRECISION {

/// A loss, a gradient or a weight that is not finite any more.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

/// Ends training with NonFiniteError before a step with a loss or a gradient that is not finite, and after an epoch
/// whose steps made weights so (Keras: TerminateOnNaN, which only stops). The text names the epoch, the step, and the
/// parameter or the first layer, in whatever nesting, that made finite inputs into outputs that are not. `fit` always
/// has one, which looks at the gradients after all callbacks.
class TerminateOnNaN : public Callback {
 public:
  void on_loss(TrainingState& state) override;
  void on_gradients(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
};

}  // namespace gradus::inline GRADUS_PRECISION
