#pragma once

#include <gradus/train/callback.h>

namespace gradus::inline GRADUS_PRECISION {

/// A loss or an output that is not finite any more.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

/// Ends training with NonFiniteError when a loss is not finite (Keras: TerminateOnNaN, which only stops). The text
/// names the epoch, the step and the first layer, in whatever nesting, that made finite inputs into outputs that are
/// not. The weights are then those before that step. `fit` always has one.
class TerminateOnNaN : public Callback {
 public:
  void on_loss(TrainingState& state) override;
};

}  // namespace gradus::inline GRADUS_PRECISION
