#include <gradus/train/fit.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/profile.h>
#include <gradus/autograd/regularization.h>
#include <gradus/autograd/tape.h>
#include <gradus/data/loader.h>
#include <gradus/train/evaluate.h>
#include <gradus/train/callbacks/interrupt.h>
#include <gradus/train/loss.h>
#include <gradus/files/model_file.h>
#include <gradus/train/progress_bar.h>
#include <gradus/train/running_metrics.h>

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

void check_options(const FitOptions& options, const Dataset& train, const Layer& model) {
  check(options.epochs >= 1, "[fit] expected at least 1 epoch, got {}", options.epochs);
  check(options.batch_size >= 1 && options.batch_size <= train.size(),
        "[fit] expected a batch size from 1 to the {} samples of the data, got {}", train.size(), options.batch_size);
  check<ShapeError>(!model.built() || model.input_shape() == train.sample_shape(),
                    "[fit] expected samples of shape {}, for which the model was built, got {}; give the data another "
                    "shape with train.with_shape, or the model another Input",
                    model.built() ? model.input_shape() : Shape{}, train.sample_shape());
  const Dataset& validation = options.validation != nullptr ? *options.validation : train;
  check<ShapeError>(validation.sample_shape() == train.sample_shape() && validation.classes() == train.classes(),
                    "[fit] expected validation samples as for training, of shape {} in {} classes, got {} in {}",
                    train.sample_shape(), train.classes(), validation.sample_shape(), validation.classes());
}

void clear_gradients(Parameters parameters) {
  for (Parameter& parameter : parameters) parameter.gradient().fill(0);
}

void scale_gradients(Parameters parameters, double factor) {
  for (Parameter& parameter : parameters) {
    for (Real& gradient : parameter.gradient().values()) gradient *= static_cast<Real>(factor);
  }
}

/// Training and validation data.
std::pair<Dataset, std::optional<Dataset>> divide(const Dataset& data, const FitOptions& options) {
  if (options.validation_split == 0) {
    return {data, options.validation != nullptr ? std::optional(*options.validation) : std::nullopt};
  }
  check(options.validation == nullptr, "[fit] expected either .validation or .validation_split, got both");
  return data.split(options.validation_split);
}

void end_interrupted(TrainingState& state, const std::filesystem::path& path) {
  const std::string where = fmt::format("interrupted in epoch {}, step {}", state.epoch, state.step);
  if (path.empty()) {
    fmt::print("{}\n", where);
    return;
  }
  save_model(state.model, path);
  fmt::print("{}; the model is in {}\n", where, path.string());
}

}  // namespace

History fit(Layer& model, Optimizer& optimizer, const Dataset& data, const FitOptions& options) {
  const auto [train, validation] = divide(data, options);
  check_options(options, train, model);
  const Loss loss_function = options.loss.is_usual() ? usual_loss(train) : options.loss;
  DataLoader loader(train, {.batch_size = options.batch_size,
                            .shuffle = options.shuffle,
                            .drop_last = options.drop_last,
                            .transform = options.transform,
                            .prefetch = options.prefetch});
  const Index parts = options.gradient_accumulation_steps;  // of a step
  check(parts >= 1 && parts <= loader.batches(),
        "[fit] expected gradient_accumulation_steps from 1 to the {} batches of an epoch, got {}", loader.batches(),
        parts);
  model.build(train.sample_shape());
  const bool regularized = std::ranges::any_of(
      model.parameters(), [](const Regularizer& r) { return r.l1 > 0 || r.l2 > 0; }, &Parameter::regularizer);

  ProgressBar progress;
  TerminateOnNaN terminate;
  std::vector<Callback*> callbacks{&terminate};
  if (options.show_progress) callbacks.push_back(&progress);
  callbacks.insert(callbacks.end(), options.callbacks.begin(), options.callbacks.end());
  TrainingState state{.model = model,
                      .optimizer = optimizer,
                      .classes = train.classes(),
                      .epochs = options.epochs,
                      .steps = (loader.batches() + (options.drop_last ? 0 : parts - 1)) / parts,
                      .learning_rate = optimizer.learning_rate()};
  if (validation) state.validation = not_measured;
  History history;
  std::optional<Profile> profile;
  if (options.profile) profile.emplace();
  const Interrupt interrupt;
  const Clock::time_point start = Clock::now();
  for (Callback* callback : callbacks) callback->on_train_begin(state);

  while (state.epoch < options.epochs && !state.stop) {
    ++state.epoch;
    RunningMetrics epoch(train.classes());
    Index batches = 0;
    double step_loss = 0;  // times the weight
    double step_weight = 0;
    state.step = 0;
    state.epoch_seconds = 0;
    Clock::time_point step_start = Clock::now();
    if (profile) profile->skip();
    for (const Batch& batch : loader) {
      const bool first = batches % parts == 0;
      if (first && state.step == state.steps) break;  // drop_last
      const bool last = ++batches % parts == 0 || batches == loader.batches();
      if (first) {
        ++state.step;
        ++state.total_steps;
        step_loss = step_weight = 0;
        if (parts > 1) clear_gradients(model.parameters());
      }
      if (profile) profile->lap("loader");
      GradientTape tape;
      const Variable outputs = model(batch.inputs, Mode::training);
      Variable loss = loss_function(outputs, batch);
      if (regularized) loss = loss + regularization(model.parameters());
      state.batch = &batch;
      state.batch_loss = loss.value().item();
      for (Callback* callback : callbacks) callback->on_loss(state);
      const double weight = total_weight(batch);
      if (parts == 1) {
        tape.backward(loss);
      } else {  // the gradient of the mean over all parts: they count by their weights
        tape.backward(loss * static_cast<Real>(weight), {.accumulate = true});
        step_loss += state.batch_loss * weight;
        step_weight += weight;
        if (last && step_weight > 0) {
          scale_gradients(model.parameters(), 1 / step_weight);
          state.batch_loss = step_loss / step_weight;
        }
      }
      if (last) optimizer.step(model.parameters());
      if (profile && last) profile->end_step();
      epoch.add(loss.value().item(), outputs.value(), batch);
      if (profile) profile->lap("metrics");
      if (!last) continue;

      state.training = epoch.means();
      state.learning_rate = optimizer.learning_rate();
      state.seconds = seconds_since(start);
      state.epoch_seconds += seconds_since(step_start);
      for (Callback* callback : callbacks) callback->on_step_end(state);
      step_start = Clock::now();
      if (profile) profile->skip();
      if (interrupt.requested()) state.stop = true;
      if (state.stop) break;
    }
    state.batch = nullptr;
    if (validation) {
      state.validation = interrupt.requested() ? not_measured : evaluate(model, *validation, {.loss = loss_function});
    }
    state.seconds = seconds_since(start);
    history.append(state.numbers());
    for (Callback* callback : callbacks) callback->on_epoch_end(state);
    if (interrupt.requested()) state.stop = true;
  }
  for (Callback* callback : callbacks) callback->on_train_end(state);
  if (profile) fmt::print("{}", to_string(*profile));
  if (interrupt.requested()) {
    history.set_interrupted();
    end_interrupted(state, options.interrupted_model);
  }
  return history;
}

}  // namespace gradus::inline GRADUS_PRECISION
