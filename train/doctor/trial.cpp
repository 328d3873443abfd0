#include <gradus/train/doctor/trial.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape.h>
#include <gradus/layers/normalization/recalibrate.h>
#include <gradus/optim/adam.h>
#include <gradus/train/doctor/examination.h>
#include <gradus/train/fit.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct LossRecorder : Callback {
  explicit LossRecorder(std::vector<double>& list) : losses(list) {}
  void on_loss(TrainingState& state) override { losses.push_back(state.batch_loss); }
  std::vector<double>& losses;
};

}  // namespace

Snapshot::Snapshot(Layer& model, std::uint64_t seed) {
  for (NamedTensor& tensor : model.state()) kept_.emplace_back(tensor.value(), tensor.value().clone());
  for (Parameter& parameter : model.parameters()) {
    gradients_.push_back({&parameter, parameter.has_gradient() ? parameter.gradient().clone() : Tensor(),
                          parameter.has_unused_gradient()});
  }
  default_generator() = Generator(seed);
}

Snapshot::~Snapshot() {
  for (auto& [tensor, before] : kept_) tensor.copy_from(before);
  for (auto& [parameter, before, unused] : gradients_) {
    parameter->clear_gradient();
    if (before.defined()) parameter->set_gradient(before);
    if (!unused) parameter->use_gradient();
  }
}

TrainingSetup usual_setup(Layer& model, const DiagnoseOptions& options) {
  const bool last_of_one = options.dataset->size() % options.batch_size == 1;  // fit does not start with it
  return {.model = &model,
          .rebuilt = nullptr,
          .optimizer = options.optimizer == nullptr ? std::make_unique<Adam>() : options.optimizer->clone(),
          .data = *options.dataset,
          .batch_size = options.batch_size,
          .shuffle = options.shuffle,
          .drop_last = options.drop_last || (last_of_one && options.dataset->size() > options.batch_size),
          .callbacks = options.callbacks};
}

double Trial::largest() const {
  double result = -std::numeric_limits<double>::infinity();
  for (const double loss : losses) {
    result = std::isfinite(loss) ? std::max(result, loss) : std::numeric_limits<double>::infinity();
    if (!std::isfinite(loss)) break;
  }
  return result;
}

Dataset probe(const Dataset& data, Index max) {
  const Index n = std::min(data.size(), max);
  std::vector<Index> positions;
  for (Index i = 0; i < n; ++i) positions.push_back(i * data.size() / n);
  return {data.batch(positions), data.classes()};
}

double measure(const Examination& examination, const TrainingSetup& setup) {
  const Dataset samples = probe(setup.data);
  const StopRecording pause;
  recalibrate(*setup.model, samples);
  Batch batch = samples.batch();
  const auto in_old_units = [&](const Variable& y) {
    return y * static_cast<Real>(setup.target_deviation) + static_cast<Real>(setup.target_mean);
  };
  batch.labels = in_old_units(batch.labels).value();
  const Variable outputs = in_old_units(setup.model->predict(batch.inputs));
  const double loss = examination.loss(outputs, batch).value().item();
  return std::isfinite(loss) ? loss : std::numeric_limits<double>::infinity();
}

Trial take_steps(const Examination& examination, TrainingSetup& setup, Index steps, Callback* witness) {
  Trial trial{};
  LossRecorder recorder(trial.losses);
  std::vector<CallbackPointer> callbacks{&recorder};
  if (witness != nullptr) callbacks.emplace_back(witness);
  for (const CallbackPointer& callback : setup.callbacks) callbacks.push_back(callback);
  try {
    fit(*setup.model, *setup.optimizer, setup.data,
        {.steps = steps,
         .batch_size = setup.batch_size,
         .gradient_accumulation_steps = examination.options.gradient_accumulation_steps,
         .shuffle = setup.shuffle,
         .drop_last = setup.drop_last,
         .loss = examination.loss,
         .metrics = {},
         .show_progress = false,
         .callbacks = callbacks});
    trial.after = measure(examination, setup);
  } catch (const NonFiniteError&) {
    trial.losses.push_back(std::numeric_limits<double>::quiet_NaN());
    trial.after = std::numeric_limits<double>::infinity();
  }
  return trial;
}

}  // namespace gradus::inline GRADUS_PRECISION
