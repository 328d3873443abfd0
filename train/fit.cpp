#include <gradus/train/fit.h>

#include <gradus/autograd/profile.h>
#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>
#include <gradus/layers/sequential.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/loss.h>
#include <gradus/train/progress_line.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool finite(const Tensor& x) {
  return std::ranges::all_of(x.values(), [](Real v) { return std::isfinite(v); });
}

/// Where the numbers stop being finite: the inputs, a weight, or the output of a layer.
std::string first_non_finite(Layer& model, const Tensor& inputs) {
  const StopRecording pause;
  if (!finite(inputs)) return "the inputs are not finite";
  for (const Parameter& weight : model.parameters()) {
    if (!finite(weight.value())) return fmt::format("the weights {} are not finite", weight.name());
  }
  Variable x = inputs;
  if (dynamic_cast<Sequential*>(&model) != nullptr) {
    for (const Child& child : model.children()) {
      x = child.layer(x, Mode::training);
      if (!finite(x.value())) return fmt::format("the first layer whose output is not finite is {}", child.name);
    }
  }
  return "the outputs of all layers are finite";
}

[[noreturn]] void fail_non_finite(const TrainingState& state, const Tensor& inputs) {
  throw NonFiniteError(
      fmt::format("[fit] expected a finite loss, got {} in epoch {}, step {}; {}; try a lower learning rate (now {}), "
                  "scaled inputs or clipped gradients",
                  state.batch_loss, state.epoch, state.step, first_non_finite(state.model, inputs),
                  state.optimizer.learning_rate()));
}

void check_options(const FitOptions& options, const Dataset& train, const Layer& model) {
  check(options.epochs >= 1, "[fit] expected at least 1 epoch, got {}", options.epochs);
  check(options.batch_size >= 1 && options.batch_size <= train.size(),
        "[fit] expected a batch size from 1 to the {} samples of the data, got {}", train.size(), options.batch_size);
  check<ShapeError>(!model.built() || model.input_shape() == train.sample_shape(),
                    "[fit] expected samples of shape {}, for which the model was built, got {}; give the data another "
                    "shape with train.with_shape, or the model another Input",
                    model.built() ? model.input_shape() : Shape{}, train.sample_shape());
}

}  // namespace

History fit(Layer& model, Optimizer& optimizer, const Dataset& train, const FitOptions& options) {
  check_options(options, train, model);
  const Loss loss_function = options.loss.is_usual() ? usual_loss(train) : options.loss;
  ProgressLine progress;
  std::vector<Callback*> callbacks = options.callbacks;
  if (options.show_progress) callbacks.insert(callbacks.begin(), &progress);

  DataLoader loader(train,
                    {.batch_size = options.batch_size, .shuffle = options.shuffle, .drop_last = options.drop_last});
  TrainingState state{.model = model, .optimizer = optimizer, .epochs = options.epochs, .steps = loader.batches()};
  History history;
  std::optional<Profile> profile;
  if (options.profile) profile.emplace();
  const Clock::time_point start = Clock::now();
  for (Callback* callback : callbacks) callback->on_train_begin(state);

  for (state.epoch = 1; state.epoch <= options.epochs && !state.stop; ++state.epoch) {
    Metrics sums;
    Index samples = 0;
    state.step = 0;
    state.epoch_seconds = 0;
    Clock::time_point step_start = Clock::now();
    if (profile) profile->skip();
    for (const Batch& batch : loader) {
      const auto& [inputs, labels] = batch;
      if (profile) profile->lap("loader");
      GradientTape tape;
      const Variable outputs = model(inputs, Mode::training);
      const Variable loss = loss_function(outputs, batch);
      state.batch_loss = loss.value().item();
      ++state.step;
      ++state.total_steps;
      if (!std::isfinite(state.batch_loss)) fail_non_finite(state, inputs);
      tape.backward(loss);
      optimizer.step(model.parameters());
      if (profile) profile->end_step();

      const Index n = inputs.shape()[0];
      samples += n;
      sums.loss += state.batch_loss * static_cast<double>(n);
      if (train.classes() > 0) sums.accuracy += static_cast<double>(count_correct(outputs.value(), labels));
      state.training = {sums.loss / static_cast<double>(samples), sums.accuracy / static_cast<double>(samples)};
      if (profile) profile->lap("metrics");
      state.seconds = seconds_since(start);
      state.epoch_seconds += seconds_since(step_start);
      for (Callback* callback : callbacks) callback->on_step_end(state);
      step_start = Clock::now();
      if (profile) profile->skip();
      if (state.stop) break;
    }
    if (options.validation != nullptr) state.validation = evaluate(model, *options.validation, {.loss = loss_function});
    state.seconds = seconds_since(start);

    History::Row row{{"epoch", state.epoch}, {"loss", state.training.loss}};
    if (train.classes() > 0) row.emplace_back("accuracy", state.training.accuracy);
    if (state.validation) {
      row.emplace_back("validation_loss", state.validation->loss);
      if (train.classes() > 0) row.emplace_back("validation_accuracy", state.validation->accuracy);
    }
    row.emplace_back("seconds", state.seconds);
    history.append(row);
    for (Callback* callback : callbacks) callback->on_epoch_end(state);
  }
  for (Callback* callback : callbacks) callback->on_train_end(state);
  if (profile) fmt::print("{}", to_string(*profile));
  return history;
}

}  // namespace gradus::inline GRADUS_PRECISION
