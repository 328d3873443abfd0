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
  /// `loss`: that of `fit`, whose operations are looked at as well; the default one for the data if not given.
  explicit TerminateOnNaN(Loss loss = {}) : loss_(std::move(loss)) {}

  void on_batch_begin(TrainingState&) override { generator_ = default_generator(); }
  void on_loss(TrainingState& state) override;
  void on_gradients(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;

 private:
  std::string reason(const TrainingState& state);

  Loss loss_;
  Generator generator_;  // before the batch, for the same dropout masks again
};

}  // namespace gradus::inline GRADUS_PRECISION
