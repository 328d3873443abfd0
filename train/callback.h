#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/optim/optimizer.h>
#include <gradus/train/history.h>
#include <gradus/train/metrics.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

/// Where `fit` stands.
struct TrainingState {
  Layer& model;
  Optimizer& optimizer;
  Index classes = 0;  ///< of the data; 0 for regression
  int epoch = 0;      ///< from 1 on
  int epochs = 0;
  Index step = 0;                ///< within the epoch, from 1 on; a step is one update of the weights
  Index steps = 0;               ///< per epoch
  Index total_steps = 0;         ///< since `fit` began
  Index last_step = 0;           ///< the total_steps after which training ends
  const Batch* batch = nullptr;  ///< in use, from on_batch_begin to on_step_end
  double batch_loss = 0;         ///< in on_loss of this batch, afterwards of the whole step; NaN if no sample counted
  double learning_rate = 0;      ///< of the last step
  Metrics training{};            ///< means over the epoch so far, measured while the weights changed
  /// Of the last epoch; NaN before there is one and if the epoch was interrupted. None without validation data.
  std::optional<Metrics> validation{};
  double seconds = 0;        ///< since `fit` began, validation and callbacks included
  double epoch_seconds = 0;  ///< in the training steps of this epoch
  /// Goes through the state of the whole training, to save or to restore it: model, optimizer, batches, random numbers,
  /// metrics, history, callbacks. To be called in on_step_end or on_epoch_end of the last callback, which sees what all
  /// others did, or in its on_train_begin.
  std::function<void(Archive& archive)> visit_state{};
  bool stop = false;         ///< a callback sets this to end after the current step
  bool interrupted = false;  ///< a callback sets this, with `stop`, to end without validation

  /// The epoch's row of `History`: epoch, loss, metrics, the same of the validation data, learning_rate, seconds.
  History::Row numbers() const;
  /// One of these by name: number("validation_loss"). Throws ValueError for an unknown name, suggesting the nearest,
  /// and for a number of validation data that there are not.
  History::Number number(std::string_view name) const;
  double value(std::string_view name) const { return number(name).value; }
};

/// What `fit` calls while it trains (Keras: Callback). Override the hooks that you need. A batch whose weights are all
/// 0 has no on_loss, a step of such batches no on_gradients either.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin(TrainingState&) {}
  /// A batch, or micro-batch, is loaded.
  virtual void on_batch_begin(TrainingState&) {}
  /// The loss of a batch is known, and nothing has changed yet.
  virtual void on_loss(TrainingState&) {}
  /// The gradients of a step are complete: the place to clip them, or to add up those of several machines.
  virtual void on_gradients(TrainingState&) {}
  /// The weights have changed, if any sample of the step counted.
  virtual void on_step_end(TrainingState&) {}
  virtual void on_epoch_end(TrainingState&) {}
  /// Training is over, whatever ended it: an exception, too. Called if on_train_begin has returned. All callbacks are
  /// told, also if one throws; `fit` throws what came first.
  virtual void on_train_end(TrainingState&) {}
  /// What the callback keeps from hook to hook, for checkpoints.
  virtual void visit_state(Archive& /*archive*/) {}
};

/// A callback in a list: a pointer to one that the caller keeps, or an object, which is moved and owned.
class CallbackPointer {
 public:
  /// Throws ValueError for null.
  CallbackPointer(Callback* callback) : callback_(std::shared_ptr<void>(), callback) {
    check(callback != nullptr, "[fit] expected a callback, got a null pointer");
  }
  template <std::derived_from<Callback> T>
  CallbackPointer(T callback) : callback_(std::make_shared<T>(std::move(callback))) {}

  Callback* get() const { return callback_.get(); }

 private:
  std::shared_ptr<Callback> callback_;
};

}  // namespace gradus::inline GRADUS_PRECISION
