#include <gradus/train/fit.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape_observer.h>
#include <gradus/data/loader.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/train/accumulated_gradients.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/progress_bar.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Training and validation data.
std::pair<Dataset, std::optional<Dataset>> divide(const Dataset& data, const FitOptions& options) {
  const double share = options.validation_split.value_or(0);
  if (share == 0) {
    return {data, options.validation != nullptr ? std::optional(*options.validation) : std::nullopt};
  }
  check(options.validation == nullptr, "[fit] expected either .validation or .validation_split, got both");
  return data.split(share);
}

void check_no_dataset_options(const FitOptions& options) {
  check(!options.batch_size && !options.shuffle && !options.drop_last && !options.validation_split,
        "[fit] expected .batch_size, .shuffle, .drop_last and .validation_split with a Dataset only, got one with "
        "batches; set it where the batches are made");
}

void check_last_batch(Layer& model, const Batches& batches) {
  if (batches.last_batch_size() != 1) return;
  Children layers = model.descendants();
  layers.push_back({model.name(), model});
  for (const auto& [path, layer] : layers) {
    const bool by_batch = dynamic_cast<BatchNormalization*>(&layer) != nullptr && layer.trainable();
    check(!by_batch || layer.input_shape().size() > layer.input_shape()[-1],
          "[fit] expected batches of at least 2 samples, for {} normalizes by the batch, got a last batch of 1; set "
          ".drop_last = true or another .batch_size",
          path);
  }
}

void check_validation(const Dataset& validation, const Batches& batches) {
  check<ShapeError>(validation.sample_shape() == batches.sample_shape() && validation.classes() == batches.classes(),
                    "[fit] expected validation samples as for training, of shape {} in {} classes, got {} in {}",
                    batches.sample_shape(), batches.classes(), validation.sample_shape(), validation.classes());
  const bool counts = !validation.has_weights() ||
                      std::ranges::any_of(validation.weights().values(), [](Real weight) { return weight > 0; });
  check(counts, "[fit] expected a validation sample that counts, got {} of weight 0", validation.size());
}

void check_options(const FitOptions& options, const Layer& model, const Batches& batches, const Dataset* validation) {
  check(options.epochs >= 1, "[fit] expected at least 1 epoch, got {}", options.epochs);
  check(options.steps >= 0, "[fit] expected at least 1 step, or 0 for whole epochs, got {}", options.steps);
  const Shape& shape = batches.sample_shape();
  check<ShapeError>(!model.built() || model.input_shape() == shape,
                    "[fit] expected samples of shape {}, for which the model was built, got {}; give the data another "
                    "shape with train.with_shape, or the model another Input",
                    model.built() ? model.input_shape() : Shape{}, shape);
  if (validation != nullptr) check_validation(*validation, batches);
  const Index count = options.gradient_accumulation_steps;
  check(count >= 1 && count <= batches.batches_per_epoch(),
        "[fit] expected gradient_accumulation_steps from 1 to the {} batches of an epoch, got {}",
        batches.batches_per_epoch(), count);
}

/// Steps and epochs of the whole training, from the options.
void plan(TrainingState& state, const Batches& batches, const FitOptions& options) {
  const Index count = options.gradient_accumulation_steps;
  state.steps = (batches.batches_per_epoch() + (options.drop_last.value_or(false) ? 0 : count - 1)) / count;
  state.epochs = options.epochs;
  state.last_step = options.epochs * state.steps;
  if (options.steps == 0) return;
  constexpr Index most = std::numeric_limits<int>::max();
  state.epochs = static_cast<int>(std::min((options.steps - 1) / state.steps + 1, most));
  state.last_step = options.steps;
}

/// For `Profile`: the time since the last operation was this one's.
void lap(const char* operation) {
  if (TapeObserver* observer = TapeObserver::current()) observer->on_operation(operation, Pass::forward);
}

/// For `Profile`: the time since then is not that of a training step.
void pause() {
  if (TapeObserver* observer = TapeObserver::current()) observer->on_pause();
}

/// What `fit` does with a batch and with an update, and whom it tells.
class Training {
 public:
  Training(TrainingState& state, Batches& batches, const FitOptions& options, const Dataset* validation,
           History& history)
      : state_(state),
        batches_(batches),
        options_(options),
        validation_(validation),
        history_(history),
        terminate_(options.loss),
        running_(options.loss, options.metrics, state.classes, state.model.output_shape()) {
    if (options.show_progress) callbacks_.push_back(&progress_);
    for (const CallbackPointer& callback : options.callbacks) callbacks_.push_back(callback.get());
    if (options.checkpoint) callbacks_.push_back(options.checkpoint->get());
    state_.training = not_measured_ = running_.means();
    if (validation_ != nullptr) state_.validation = not_measured_;
    state_.visit_state = [this](Archive& archive) { visit_state(archive); };
    history_ = {};
  }

  void begin() {
    for (Callback* callback : callbacks_) {
      callback->on_train_begin(state_);
      ++begun_;
    }
    pause();
  }

  /// Tells those that were told of the beginning. The first exception, if any.
  std::exception_ptr end() {
    std::exception_ptr first;
    for (std::size_t i = 0; i < begun_; ++i) {
      try {
        callbacks_[i]->on_train_end(state_);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    return first;
  }

  /// Goes on with an epoch that was restored in its middle. False if there is none left.
  bool begin_epoch() {
    if (!in_epoch_) {
      if (state_.stop || state_.epoch >= state_.epochs) return false;
      in_epoch_ = true;
      ++state_.epoch;
      state_.step = 0;
      state_.epoch_seconds = 0;
      loaded_ = 0;
      running_.reset();
      batches_.begin_epoch();
    }
    step_start_ = Clock::now();
    return true;
  }

  /// A step of the epoch, if there is one left.
  bool step() {
    // With drop_last, batches that are left over make no step.
    if (state_.stop || state_.step == state_.steps || !batches_.next(batch_)) return false;
    ++state_.step;
    ++state_.total_steps;
    step_weight_ = 0;
    gradients_.emplace(state_.model.parameters(), options_.gradient_accumulation_steps);
    Index count = 0;
    do {
      ++loaded_;
      train_batch(batch_);
    } while (++count < options_.gradient_accumulation_steps && batches_.next(batch_));
    end_step();
    return true;
  }

  void end_epoch() {
    in_epoch_ = false;
    state_.batch = nullptr;
    check(running_.weight() > 0 || state_.step < state_.steps,
          "[fit] expected a sample that counts, got weights of 0 only in epoch {}; leave out weights of 0",
          state_.epoch);
    terminate_.on_epoch_end(state_);
    if (validation_ != nullptr) state_.validation = not_measured_;
    if (validation_ != nullptr && !state_.interrupted) {
      state_.validation = evaluate(state_.model, *validation_, {.loss = options_.loss, .metrics = options_.metrics});
    }
    state_.seconds = earlier_seconds_ + seconds_since(start_);
    history_.append(state_.numbers());
    call(&Callback::on_epoch_end);
  }

 private:
  void call(void (Callback::*hook)(TrainingState&)) const {
    for (Callback* callback : callbacks_) (callback->*hook)(state_);
    pause();
  }

  /// Adds the gradients of a micro-batch to those of the step.
  void train_batch(const Batch& batch) {
    state_.batch = &batch;
    lap("loader");
    terminate_.on_batch_begin(state_);
    call(&Callback::on_batch_begin);
    const double weight = total_weight(batch);
    if (weight == 0) return;
    step_weight_ += weight;
    GradientTape tape;
    const Variable outputs = state_.model(batch.inputs, Mode::training);
    Variable loss = running_.loss()(outputs, batch);
    if (!state_.model.regularized().empty()) loss = loss + regularization(state_.model);
    state_.batch_loss = loss.value().item();
    terminate_.on_loss(state_);
    running_.add(state_.batch_loss, outputs.value(), batch);
    lap("metrics");
    call(&Callback::on_loss);
    check_listed("fit", state_.model, tape);
    gradients_->add(tape, loss, weight);
  }

  void end_step() {
    state_.batch_loss = Metrics::not_measured;
    if (step_weight_ > 0) update();
    state_.seconds = earlier_seconds_ + seconds_since(start_);
    state_.epoch_seconds += seconds_since(step_start_);
    state_.stop = state_.total_steps == state_.last_step;
    call(&Callback::on_step_end);
    step_start_ = Clock::now();
  }

  void update() {
    state_.batch_loss = gradients_->finish();
    call(&Callback::on_gradients);
    terminate_.on_gradients(state_);
    state_.optimizer.step(state_.model.parameters());
    lap("optimizer");
    state_.training = running_.means();
    state_.learning_rate = state_.optimizer.learning_rate();
  }

  void visit_state(Archive& archive) {
    check<StateError>(begun_ + 1 >= callbacks_.size(),
                      "[fit] expected a checkpoint after all callbacks, got one before others; give it as .checkpoint");
    archive.same("steps", "the steps of an epoch", state_.steps)
        .same("validation", "the choice of validation data", validation_ != nullptr);
    bool stopped = state_.stop && !state_.interrupted && state_.total_steps != state_.last_step;
    constexpr double longest = 1e12;  // s
    archive.count("epoch", state_.epoch)
        .in_range("step", state_.step, 0, state_.steps)
        .count("total_steps", state_.total_steps)
        .in_range("loaded", loaded_, 0, batches_.batches_per_epoch())
        .in_range("seconds", state_.seconds, 0, longest)
        .in_range("epoch_seconds", state_.epoch_seconds, 0, longest);
    archive("in_epoch", in_epoch_)("stopped", stopped)("learning_rate", state_.learning_rate);
    archive("model", state_.model)("batches", batches_);
    archive.within("optimizer", [&] { state_.optimizer.visit_state(archive, state_.model.parameters()); });
    bool validated = state_.validation.has_value();
    archive("metrics", running_)("validated", validated);
    if (validated != state_.validation.has_value()) state_.validation = not_measured_;  // from a callback
    if (validated) archive("validation", *state_.validation);
    if (archive.restoring()) history_.set_columns(state_.numbers());
    archive("history", history_);
    archive.same("callbacks", "as many callbacks", options_.callbacks.size());
    for (std::size_t i = 0; i < options_.callbacks.size(); ++i) {
      archive(fmt::format("callbacks.{}", i), *options_.callbacks[i].get());
    }
    if (options_.checkpoint) archive("checkpoint", *options_.checkpoint->get());
    if (archive.restoring() && state_.total_steps > 0) {
      batches_.begin_epoch();
      batches_.skip(loaded_);
    }
    archive("generator", default_generator());  // last, as batches may draw from it
    if (!archive.restoring()) return;
    state_.stop = stopped || state_.total_steps >= state_.last_step;
    state_.training = running_.means();
    earlier_seconds_ = state_.seconds - seconds_since(start_);
  }

  TrainingState& state_;
  Batches& batches_;
  const FitOptions& options_;
  const Dataset* validation_;
  History& history_;
  Metrics not_measured_;
  Batch batch_;
  Index loaded_ = 0;  // batches of the epoch
  bool in_epoch_ = false;
  double step_weight_ = 0;  // of the samples
  TerminateOnNaN terminate_;
  ProgressBar progress_;
  std::vector<Callback*> callbacks_;
  std::size_t begun_ = 0;
  RunningMetrics running_;
  std::optional<AccumulatedGradients> gradients_;
  Clock::time_point start_ = Clock::now();
  double earlier_seconds_ = 0;  // before the training was resumed
  Clock::time_point step_start_;
};

History train(Layer& model, Optimizer& optimizer, Batches& batches, const Dataset* validation,
              const FitOptions& options) {
  check_options(options, model, batches, validation);
  model.build(batches.sample_shape());
  check_trainable("fit", model);
  check_last_batch(model, batches);

  TrainingState state{.model = model, .optimizer = optimizer, .classes = batches.classes()};
  plan(state, batches, options);
  state.learning_rate = optimizer.learning_rate();
  History own;
  History& history = options.history != nullptr ? *options.history : own;
  Training training(state, batches, options, validation, history);
  try {
    training.begin();
    while (training.begin_epoch()) {
      while (training.step()) {
      }
      training.end_epoch();
    }
  } catch (...) {
    training.end();
    throw;
  }
  if (state.interrupted) history.set_interrupted();
  if (const std::exception_ptr error = training.end()) std::rethrow_exception(error);
  return history;
}

}  // namespace

History fit(Layer& model, Optimizer& optimizer, const Dataset& data, const FitOptions& options) {
  const auto [training, validation] = divide(data, options);
  const LoaderOptions defaults;
  DataLoader loader(training, {options.batch_size.value_or(defaults.batch_size), options.shuffle.value_or(true),
                               options.drop_last.value_or(false)});
  return train(model, optimizer, loader, validation ? &*validation : nullptr, options);
}

History fit(Layer& model, Optimizer& optimizer, Batches& batches, const FitOptions& options) {
  check_no_dataset_options(options);
  return train(model, optimizer, batches, options.validation, options);
}

}  // namespace gradus::inline GRADUS_PRECISION
