#include <gradus/train/doctor/examination.h>

#include <gradus/autograd/tape.h>
#include <gradus/autograd/tape_observer.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dropout/dropout.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls see(layer, x, y).
template <class See>
struct Observer : ForwardObserver {
  explicit Observer(See function) : see(function) {}
  void on_output(Layer& layer, const Variable& x, const Variable& y) override { see(layer, x.value(), y.value()); }
  See see;
};

/// Which layer made which tensor. Views, as of Flatten, have the elements of what they are of.
struct Producers {
  Layer* of(const Tensor& x) const {
    const auto found = made.find(x.data());
    return found == made.end() ? nullptr : found->second;
  }
  void add(const Tensor& y, Layer* layer) {
    made[y.data()] = layer;
    kept.push_back(y);  // so that no other tensor gets its memory
  }

  std::unordered_map<const Real*, Layer*> made;
  std::vector<Tensor> kept;
};

/// Which operation made which tensor.
struct Operations : TapeObserver {
  void on_operation(const char* operation, Pass /*pass*/) override { latest = operation; }
  void on_values(const Tensor& values, Pass /*pass*/) override {
    made.emplace(values.data(), latest);  // a view keeps the operation of what it is of
    kept.push_back(values);               // so that no other tensor gets its memory
  }

  std::string latest;
  std::unordered_map<const Real*, std::string> made;
  std::vector<Tensor> kept;
};

Moments moments_over_features(const Tensor& x) {
  Moments result;
  const std::vector<Moments> features = feature_moments(x);
  for (const Moments& feature : features) {
    result.mean += feature.mean * feature.mean / static_cast<double>(features.size());
    result.variance += feature.variance / static_cast<double>(features.size());
  }
  return {std::sqrt(result.mean), result.variance};
}

/// As many steps as 1/12 of the time has room for, by the multiplications of a step: 2e10 a second.
double affordable_steps(const Examination& examination) {
  double work = 1;  // of a sample, forward
  for (const Place& place : examination.places) {
    const Shape& output = place.layer->output_shape();
    const double positions = output.rank() > 1 ? static_cast<double>(output.size() / output[-1]) : 1;
    for (const Parameter& weight : place.layer->parameters()) {
      work += positions * static_cast<double>(weight.value().size());
    }
  }
  const double step = 6 * work * static_cast<double>(examination.options.batch_size) *
                      static_cast<double>(examination.options.gradient_accumulation_steps);
  return examination.options.seconds * 2e10 / (12 * step);
}

/// Of a hidden activation.
FirstSteps::Units look_at_units(Layer& layer, const Tensor& y) {
  const std::string function = activation_of(layer);
  const std::vector<Moments> units = feature_moments(y);
  const auto share = [](auto count, auto of) { return static_cast<double>(count) / static_cast<double>(of); };
  const auto at_limit = [&](Real v) { return std::abs(function == "tanh" ? v : 2 * v - 1) > Real(0.99); };
  const auto zero = [](const Moments& unit) { return unit.mean == 0 && unit.variance == 0; };
  const bool saturates = function == "sigmoid" || function == "tanh";
  return {&layer, std::ssize(units), function == "relu" ? share(std::ranges::count_if(units, zero), units.size()) : 0,
          saturates ? share(std::ranges::count_if(y.values(), at_limit), y.size()) : 0};
}

/// Adds up the squares of the gradients.
struct GradientSquares : Callback {
  explicit GradientSquares(std::vector<FirstSteps::Kernel>& list) : kernels(list) {}
  void on_gradients(TrainingState& state) override {
    last_rate = state.optimizer.learning_rate();
    if (!rate) rate = last_rate;
    for (auto& [parameter, squares, equal_columns] : kernels) {
      if (!parameter->has_gradient()) continue;
      for (const Real v : parameter->gradient().values()) squares += double{v} * double{v};
      equal_columns = equal_columns && has_equal_columns(parameter->gradient());
    }
  }
  std::vector<FirstSteps::Kernel>& kernels;
  std::optional<double> rate;  // of the first step
  double last_rate = 0;
};

/// What is left of their initial values by the first evaluation, in the moving statistics of each.
using InitialShares = std::vector<std::pair<BatchNormalization*, Real>>;

InitialShares initial_shares(const Examination& examination) {
  InitialShares shares;
  for (const Place& place : examination.places) {
    BatchNormalization* normalization = by_batch(place.layer);
    if (normalization == nullptr) continue;
    shares.emplace_back(normalization, static_cast<Real>(initial_share(examination, *normalization)));
  }
  return shares;
}

void mix_in_initial_values(const InitialShares& shares) {
  for (const auto& [normalization, share] : shares) {
    for (Real& v : normalization->moving_mean()->value().values()) v *= 1 - share;
    for (Real& v : normalization->moving_variance()->value().values()) v = (1 - share) * v + share;
  }
}

}  // namespace

bool Examination::trained() const {
  if (options.optimizer != nullptr && options.optimizer->steps() > 0) return true;
  return std::ranges::any_of(places, [](const Place& place) {
    BatchNormalization* normalization = dynamic_cast<BatchNormalization*>(place.layer);
    if (normalization != nullptr && moved(*normalization)) return true;
    if (!has_kernel(*place.layer)) return false;
    if (option_of<std::string>(*place.layer, "bias_initializer") != "zeros") return false;
    return std::ranges::any_of(place.layer->parameters(), [](const Parameter& weight) {
      if (weight.shape().rank() > 1) return false;
      std::set<Real> values(weight.value().values().begin(), weight.value().values().end());
      values.erase(0);
      return values.size() > 1;  // one may be set by hand
    });
  });
}

Layer* Examination::before(const Layer& layer) const {
  const auto found = std::ranges::find(places, &layer, [](const Place& place) -> const Layer* { return place.layer; });
  return found == places.end() ? nullptr : found->before;
}

std::string Examination::function_of(const Layer& layer) const {
  const std::string option = activation_of(layer);
  const auto operation = operations.find(&layer);
  return option == "linear" && operation != operations.end() ? operation->second : option;
}

Moments Examination::inputs_of(const Layer& layer) const {
  const auto found = std::ranges::find(inputs, &layer, &std::pair<const Layer*, Moments>::first);
  return found == inputs.end() ? Moments{} : found->second;
}

std::vector<Moments> feature_moments(const Tensor& x) {
  std::vector<Moments> result(static_cast<std::size_t>(x.shape()[-1]));
  const auto n = static_cast<double>(x.size()) / static_cast<double>(result.size());
  std::size_t feature = 0;
  const auto next = [&]() -> Moments& { return result[feature++ % result.size()]; };
  for (const Real v : x.values()) next().mean += v / n;
  for (const Real v : x.values()) {
    Moments& moments = next();
    moments.variance += (v - moments.mean) * (v - moments.mean) / n;
  }
  return result;
}

Moments moments_of_targets(const Dataset& data) {
  const Tensor targets = probe(data).batch().labels;
  return feature_moments(targets.reshape({targets.size(), 1}))[0];
}

bool has_kernel(const Layer& layer) {
  return !option_of<std::string>(layer, "kernel_initializer").empty() && layer.descendants().empty();
}

const char* activation_option(const Layer& layer) { return has_kernel(layer) ? "activation" : "function"; }

std::string activation_of(const Layer& layer) {
  const bool has_function = has_kernel(layer) || dynamic_cast<const Activation*>(&layer) != nullptr;
  return has_function ? option_of<std::string>(layer, activation_option(layer)) : "linear";
}

bool has_equal_columns(const Tensor& weights) {
  const Index columns = weights.shape()[-1];
  const std::span<const Real> values = weights.values();
  for (Index i = 0; i < std::ssize(values); ++i) {
    if (values[static_cast<std::size_t>(i)] != values[static_cast<std::size_t>(i - i % columns)]) return false;
  }
  return true;
}

BatchNormalization* by_batch(Layer* layer) {
  auto* normalization = dynamic_cast<BatchNormalization*>(layer);
  return normalization != nullptr && normalization->trainable() ? normalization : nullptr;
}

bool moved(BatchNormalization& normalization) {
  const auto differs = [](const Buffer* statistic, Real from) {
    return std::ranges::any_of(statistic->value().values(), [&](Real v) { return v != from; });
  };
  return differs(normalization.moving_mean(), 0) || differs(normalization.moving_variance(), 1);
}

Index planned_steps(const DiagnoseOptions& options) {
  if (options.steps > 0 || options.dataset == nullptr) return options.steps;
  return (options.dataset->size() + (options.drop_last ? 0 : options.batch_size - 1)) / options.batch_size;
}

double initial_share(const Examination& examination, BatchNormalization& normalization) {
  const Optimizer* optimizer = examination.options.optimizer;
  Index steps = planned_steps(examination.options);
  if (steps == 0 || !normalization.options().momentum || normalization.options().warm_up) return 0;
  if (moved(normalization)) {
    if (optimizer == nullptr || optimizer->steps() == 0) return 0;  // trained, nobody knows for how long
    steps += optimizer->steps();
  }
  return std::pow(*normalization.options().momentum, static_cast<double>(steps));
}

void record_calls(Examination& examination) {
  const Snapshot snapshot(examination.model);
  const GradientTape tape;  // for the operations
  const Operations operations;
  Producers producers;
  const Observer observer([&](Layer& layer, const Tensor& x, const Tensor& y) {
    if (producers.of(y) != nullptr || x.data() == y.data()) return;  // made by a layer within, or passed on
    if (dynamic_cast<Activation*>(&layer) != nullptr && activation_of(layer) == "linear") {
      producers.add(y, producers.of(x));
      return;
    }
    const bool again = std::ranges::find(examination.places, &layer, &Place::layer) != examination.places.end();
    const bool measured =
        dynamic_cast<BatchNormalization*>(&layer) != nullptr || dynamic_cast<Dropout*>(&layer) != nullptr;
    if (!again) examination.places.push_back({&layer, producers.of(x)});
    const auto operation = operations.made.find(y.data());
    if (operation != operations.made.end()) examination.operations[&layer] = operation->second;
    if (examination.first_inputs.empty() && has_kernel(layer)) examination.first_inputs = feature_moments(x);
    if (!again && measured) examination.inputs.emplace_back(&layer, moments_over_features(x));
    producers.add(y, &layer);
  });
  const Dataset* data = examination.options.dataset;
  const Tensor x =
      data != nullptr ? probe(*data).batch().inputs : Tensor::zeros(examination.model.input_shape().prepend(4));
  examination.last = producers.of(examination.model(x, Mode::training).value());
  if (examination.first_inputs.empty()) examination.first_inputs = feature_moments(x);
}

void take_first_steps(Examination& examination) {
  const DiagnoseOptions& options = examination.options;
  const bool single = options.batch_size == 1 || options.dataset->size() == 1;
  const bool normalizes =
      std::ranges::any_of(examination.places, [](const Place& p) { return by_batch(p.layer) != nullptr; });
  const bool frozen = std::ranges::none_of(examination.model.parameters(), &Parameter::trainable);
  if ((single && normalizes) || frozen) return;
  const Snapshot snapshot(examination.model);
  const StopRecording pause;
  TrainingSetup setup = usual_setup(examination.model, examination.options);
  if (setup.optimizer == nullptr) return;

  const double affordable = affordable_steps(examination);
  examination.steps = static_cast<Index>(std::clamp(affordable, 5.0, 40.0));
  examination.long_steps = static_cast<Index>(std::clamp(3 * affordable, 8.0, 120.0));
  FirstSteps steps{};
  const Batch samples = probe(*options.dataset).batch();
  {
    const Snapshot unmeasured(examination.model);
    steps.start = measure(examination, setup);
    const Tensor outputs = examination.model.predict(samples.inputs);
    steps.deviation = std::sqrt(moments_over_features(outputs).variance);
    steps.loss_of_zeros = std::abs(examination.loss(Tensor::zeros(outputs.shape()), samples).value().item());
    steps.penalty = regularization(examination.model).value().item();
  }
  for (const Place& place : examination.places) {
    if (!place.layer->descendants().empty()) continue;  // whose kernels are those of layers within
    for (const Parameter& weight : place.layer->parameters()) {
      if (weight.trainable() && weight.shape().rank() >= 2) steps.kernels.push_back({&weight});
    }
  }
  const double given_rate = setup.optimizer->learning_rate();
  const InitialShares shares = initial_shares(examination);
  GradientSquares witness(steps.kernels);
  steps.trial = take_steps(examination, setup, examination.steps, &witness);
  steps.rate = witness.rate.value_or(setup.optimizer->learning_rate());
  steps.last_rate = witness.last_rate;
  steps.scheduled = setup.optimizer->learning_rate() != given_rate;
  if (std::isfinite(steps.trial.after)) {
    const Observer observer([&](Layer& layer, const Tensor&, const Tensor& y) {
      const bool hidden = &layer != examination.last && activation_of(layer) != "linear";
      if (hidden) steps.units.push_back(look_at_units(layer, y));
    });
    examination.model.predict(samples.inputs);
  }
  if (std::isfinite(steps.trial.after)) {
    mix_in_initial_values(shares);
    const Tensor outputs = examination.model.predict(samples.inputs);
    steps.with_initial_statistics = examination.loss(outputs, samples).value().item();
  }
  examination.first_steps = std::move(steps);
}

}  // namespace gradus::inline GRADUS_PRECISION
