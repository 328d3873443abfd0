#include <gradus/train/fit.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/data/loader.h>
#include <gradus/train/accumulated_gradients.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/metrics.h>
#include <gradus/train/progress_bar.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Metrics not_measured{nan, nan, nan};

/// Training and validation data.
std::pair<Dataset, std::optional<Dataset>> divide(const Dataset& data, const FitOptions& options) {
  if (options.validation_split == 0) {
    return {data, options.validation != nullptr ? std::optional(*options.validation) : std::nullopt};
  }
  check(options.validation == nullptr, "[fit] expected either .validation or .validation_split, got both");
  return data.split(options.validation_split);
}

/// That options which only a Dataset has are at their defaults.
void check_no_dataset_options(const FitOptions& options) {
  const FitOptions defaults;
  check(options.batch_size == defaults.batch_size && options.shuffle == defaults.shuffle &&
            options.drop_last == defaults.drop_last && options.validation_split == defaults.validation_split,
        "[fit] expected .batch_size, .shuffle, .drop_last and .validation_split with a Dataset only, got one with "
        "batches; set it where the batches are made");
}

void check_options(const FitOptions& options, const Layer& model, const Batches& batches, const Dataset* validation) {
  check(options.epochs >= 1, "[fit] expected at least 1 epoch, got {}", options.epochs);
  check(options.steps >= 0, "[fit] expected at least 1 step, or 0 for whole epochs, got {}", options.steps);
  const Shape& shape = batches.sample_shape();
  check<ShapeError>(!model.built() || model.input_shape() == shape,
                    "[fit] expected samples of shape {}, for which the model was built, got {}; give the data another "
                    "shape with train.with_shape, or the model another Input",
                    model.built() ? model.input_shape() : Shape{}, shape);
  check<ShapeError>(
      validation == nullptr || (validation->sample_shape() == shape && validation->classes() == batches.classes()),
      "[fit] expected validation samples as for training, of shape {} in {} classes, got {} in {}", shape,
      batches.classes(), validation != nullptr ? validation->sample_shape() : Shape{},
      validation != nullptr ? validation->classes() : 0);
  const Index count = options.gradient_accumulation_steps;
  check(count >= 1 && count <= batches.batches_per_epoch(),
        "[fit] expected gradient_accumulation_steps from 1 to the {} batches of an epoch, got {}",
        batches.batches_per_epoch(), count);
}

/// Steps and epochs of the whole training, from the options.
void plan(TrainingState& state, const Batches& batches, const FitOptions& options) {
  const Index count = options.gradient_accumulation_steps;
  state.steps = (batches.batches_per_epoch() + (options.drop_last ? 0 : count - 1)) / count;
  state.epochs = options.epochs;
  state.last_step = options.epochs * state.steps;
  if (options.steps == 0) return;
  state.epochs = static_cast<int>((options.steps + state.steps - 1) / state.steps);
  state.last_step = options.steps;
}

/// What `fit` does with a batch and with an update, and whom it tells.
class Training {
 public:
  Training(TrainingState& state, const FitOptions& options)
      : state_(state),
        loss_(options.loss.is_default() ? default_loss(state.classes) : options.loss),
        micro_batches_(options.gradient_accumulation_steps) {
    callbacks_.push_back(&terminate_);
    if (options.show_progress) callbacks_.push_back(&progress_);
    callbacks_.insert(callbacks_.end(), options.callbacks.begin(), options.callbacks.end());
  }

  const Loss& loss() const { return loss_; }
  double seconds() const { return seconds_since(start_); }

  void call(void (Callback::*hook)(TrainingState&)) const {
    for (Callback* callback : callbacks_) (callback->*hook)(state_);
  }

  void begin() {
    for (Callback* callback : callbacks_) {
      callback->on_train_begin(state_);
      ++begun_;
    }
  }

  /// Tells those that were told of the beginning.
  void end() {
    const std::size_t begun = std::exchange(begun_, 0);
    for (std::size_t i = 0; i < begun; ++i) callbacks_[i]->on_train_end(state_);
  }

  void begin_epoch() {
    ++state_.epoch;
    state_.step = 0;
    state_.epoch_seconds = 0;
    metrics_ = RunningMetrics(state_.classes);
    step_start_ = Clock::now();
  }

  void begin_step() {
    ++state_.step;
    ++state_.total_steps;
    gradients_.emplace(state_.model.parameters(), micro_batches_);
  }

  /// Adds the gradients of a micro-batch to those of the step.
  void train_batch(const Batch& batch) {
    state_.batch = &batch;
    call(&Callback::on_batch_begin);
    GradientTape tape;
    const Variable outputs = state_.model(batch.inputs, Mode::training);
    Variable loss = loss_(outputs, batch);
    if (!state_.model.regularized().empty()) loss = loss + regularization(state_.model);
    state_.batch_loss = loss.value().item();
    metrics_.add(state_.batch_loss, outputs.value(), batch);
    call(&Callback::on_loss);
    check_listed("fit", state_.model, tape);
    gradients_->add(tape, loss, total_weight(batch));
  }

  void end_step() {
    state_.batch_loss = gradients_->finish();
    call(&Callback::on_gradients);
    state_.optimizer.step(state_.model.parameters());
    state_.training = metrics_.means();
    state_.learning_rate = state_.optimizer.learning_rate();
    state_.seconds = seconds();
    state_.epoch_seconds += seconds_since(step_start_);
    state_.stop = state_.total_steps == state_.last_step;
    call(&Callback::on_step_end);
    step_start_ = Clock::now();
  }

 private:
  TrainingState& state_;
  Loss loss_;
  Index micro_batches_;  // of a step
  TerminateOnNaN terminate_;
  ProgressBar progress_;
  std::vector<Callback*> callbacks_;
  std::size_t begun_ = 0;
  RunningMetrics metrics_{0};
  std::optional<AccumulatedGradients> gradients_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point step_start_;
};

History train(Layer& model, Optimizer& optimizer, Batches& batches, const Dataset* validation,
              const FitOptions& options) {
  check_options(options, model, batches, validation);
  model.build(batches.sample_shape());
  check_trainable("fit", model);

  TrainingState state{.model = model, .optimizer = optimizer, .classes = batches.classes()};
  plan(state, batches, options);
  state.learning_rate = optimizer.learning_rate();
  if (validation != nullptr) state.validation = not_measured;
  Training training(state, options);
  History history;
  try {
    training.begin();
    while (state.epoch < state.epochs && !state.stop) {
      training.begin_epoch();
      Index count = 0;  // of batches
      for (const Batch& batch : batches) {
        const bool first = count % options.gradient_accumulation_steps == 0;
        if (first && state.step == state.steps) break;  // with drop_last, what is left makes no step
        if (first) training.begin_step();
        training.train_batch(batch);
        ++count;
        if (count % options.gradient_accumulation_steps != 0 && count != batches.batches_per_epoch()) continue;
        training.end_step();
        if (state.stop) break;
      }
      state.batch = nullptr;
      if (validation != nullptr && !state.interrupted) {
        state.validation = evaluate(model, *validation, {.loss = training.loss()});
      } else if (validation != nullptr) {
        state.validation = not_measured;
      }
      state.seconds = training.seconds();
      history.append(state.numbers());
      training.call(&Callback::on_epoch_end);
    }
  } catch (...) {
    training.end();
    throw;
  }
  training.end();
  if (state.interrupted) history.set_interrupted();
  return history;
}

}  // namespace

History fit(Layer& model, Optimizer& optimizer, const Dataset& data, const FitOptions& options) {
  const auto [training, validation] = divide(data, options);
  check(options.batch_size >= 1 && options.batch_size <= training.size(),
        "[fit] expected a batch size from 1 to the {} samples of the data, got {}", training.size(),
        options.batch_size);
  DataLoader loader(training, {options.batch_size, options.shuffle, options.drop_last});
  return train(model, optimizer, loader, validation ? &*validation : nullptr, options);
}

History fit(Layer& model, Optimizer& optimizer, Batches& batches, const FitOptions& options) {
  check_no_dataset_options(options);
  return train(model, optimizer, batches, options.validation, options);
}

}  // namespace gradus::inline GRADUS_PRECISION
