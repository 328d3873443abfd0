#pragma once

#include <gradus/train/callback.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

using Hook = std::function<void(TrainingState& state)>;

struct LambdaCallbackOptions {
  Hook on_train_begin{};
  Hook on_batch_begin{};
  Hook on_loss{};
  Hook on_gradients{};
  Hook on_step_end{};
  Hook on_epoch_end{};
  Hook on_train_end{};
  std::function<void(Archive& archive)> visit_state{};  ///< what the hooks keep, for checkpoints
};

/// Calls a function at each hook that has one (Keras: LambdaCallback). See also `on_epoch_end` and the others.
class LambdaCallback : public Callback {
 public:
  explicit LambdaCallback(LambdaCallbackOptions hooks) : hooks_(std::move(hooks)) {}

  void on_train_begin(TrainingState& state) override { call(hooks_.on_train_begin, state); }
  void on_batch_begin(TrainingState& state) override { call(hooks_.on_batch_begin, state); }
  void on_loss(TrainingState& state) override { call(hooks_.on_loss, state); }
  void on_gradients(TrainingState& state) override { call(hooks_.on_gradients, state); }
  void on_step_end(TrainingState& state) override { call(hooks_.on_step_end, state); }
  void on_epoch_end(TrainingState& state) override { call(hooks_.on_epoch_end, state); }
  void on_train_end(TrainingState& state) override { call(hooks_.on_train_end, state); }
  void visit_state(Archive& archive) override { call(hooks_.visit_state, archive); }

 private:
  template <class Argument>
  static void call(const std::function<void(Argument&)>& hook, Argument& argument) {
    if (hook) hook(argument);
  }

  LambdaCallbackOptions hooks_;
};

// A callback of one function:
//
//     fit(model, optimizer, train, {.callbacks = {on_epoch_end([](auto& state) { fmt::print("{}\n", state.epoch);
//     })}});
inline LambdaCallback on_train_begin(Hook hook) { return LambdaCallback{{.on_train_begin = std::move(hook)}}; }
inline LambdaCallback on_batch_begin(Hook hook) { return LambdaCallback{{.on_batch_begin = std::move(hook)}}; }
inline LambdaCallback on_loss(Hook hook) { return LambdaCallback{{.on_loss = std::move(hook)}}; }
inline LambdaCallback on_gradients(Hook hook) { return LambdaCallback{{.on_gradients = std::move(hook)}}; }
inline LambdaCallback on_step_end(Hook hook) { return LambdaCallback{{.on_step_end = std::move(hook)}}; }
inline LambdaCallback on_epoch_end(Hook hook) { return LambdaCallback{{.on_epoch_end = std::move(hook)}}; }
inline LambdaCallback on_train_end(Hook hook) { return LambdaCallback{{.on_train_end = std::move(hook)}}; }

}  // namespace gradus::inline GRADUS_PRECISION
