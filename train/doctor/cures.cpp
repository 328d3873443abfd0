#include <gradus/train/doctor/cures.h>

#include <gradus/data/tables/standardization.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/initializers.h>
#include <gradus/layers/registry/registry.h>
#include <gradus/layers/sequential.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

void set_option(Config& config, std::string_view name, const Config::Value& value) {
  for (auto& [option, old] : config.options) {
    if (option == name) old = value;
  }
}

/// The new model's tensors get the values of the old one's of the same shape, in order.
void copy_weights(Layer& from, Layer& to) {
  const NamedTensors old = from.state();
  std::vector<bool> taken(old.size());
  for (NamedTensor& tensor : to.state()) {
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (taken[i] || old[i].shape() != tensor.shape() || last_part(old[i].name()) != last_part(tensor.name()))
        continue;
      tensor.value().copy_from(old[i].value());
      taken[i] = true;
      break;
    }
  }
}

/// A cure that needs the model to be made anew.
template <class Change>
std::function<bool(Setup&)> rebuilding(Change change) {
  return [change](Setup& setup) {
    Blueprint blueprint(*setup.model);
    change(blueprint);
    return blueprint.build(setup);
  };
}

/// What an activation's configuration is in parts: a Dense without it, and the function.
std::pair<std::vector<Config>, std::string> parts(const Layer& layer) {
  Config config = layer.config();
  const std::string function = activation_of(layer);
  if (dynamic_cast<const Dense*>(&layer) == nullptr) return {{}, function};
  set_option(config, "activation", std::string("linear"));
  return {{config}, function};
}

/// The losses after the steps, with nothing changed and in the trial; of scaled targets as shares of those before.
std::pair<double, double> compared(const FirstSteps& steps, const Trial& trial) {
  if (trial.start == 0) return {steps.trial.after, trial.after};
  return {steps.trial.after / steps.start, trial.after / trial.start};
}

}  // namespace

Config* Blueprint::find(const Layer& wanted, Layer& layer, Config& config) {
  if (&layer == &wanted) return &config;
  if (dynamic_cast<Sequential*>(&layer) == nullptr) return nullptr;
  const Children children = layer.children();
  for (std::size_t i = 0; i < children.size(); ++i) {
    Config* found = find(wanted, children[i].layer, config.layers[i]);
    if (found != nullptr) return found;
  }
  return nullptr;
}

void Blueprint::set(const Layer& layer, std::string_view option, const Config::Value& value) {
  Config* config = find(layer, model_, config_);
  complete_ &= config != nullptr;
  if (config != nullptr) set_option(*config, option, value);
}

void Blueprint::replace(const Layer& layer, std::vector<Config> by) {
  Config* config = find(layer, model_, config_);
  complete_ &= config != nullptr;
  if (config != nullptr) *config = {"Sequential", {}, std::move(by)};
}

bool Blueprint::build(Setup& setup) const {
  const bool frozen = !std::ranges::all_of(model_.parameters(), &Parameter::trainable);
  if (!complete_ || frozen || setup.optimizer->steps() > 0) return false;
  try {
    setup.rebuilt = make_layer(config_);
    setup.rebuilt->build(model_.input_shape());
  } catch (const Error&) {
    return false;
  }
  copy_weights(model_, *setup.rebuilt);
  setup.model = setup.rebuilt.get();
  return true;
}

Cure learning_rate(const Examination& examination, double factor) {
  const FirstSteps& steps = *examination.first_steps;
  const double rate = factor * steps.rate;
  return {steps.scheduled ? fmt::format("{} times the rates of the schedule", factor)
                          : fmt::format(".learning_rate = {:.2g}", rate),
          [=](Setup& setup) {  // by multipliers, which no schedule overwrites
            setup.optimizer->set_learning_rate_multiplier(setup.model->parameters(), factor);
            return rate <= 1000;
          }};
}

Cure initial_weights(const Examination& examination, const std::string& initializer, std::vector<Layer*> layers) {
  if (layers.empty()) {
    for (const Place& place : examination.places) layers.push_back(place.layer);
  }
  const bool trained = examination.trained();
  return {fmt::format(".kernel_initializer = \"{}\"", initializer), [=](Setup&) {
            for (Layer* layer : layers) {
              if (dynamic_cast<Dense*>(layer) == nullptr) continue;
              for (Parameter& weight : layer->parameters()) {
                if (!weight.trainable()) continue;
                const Shape& shape = weight.shape();
                const bool kernel = shape.rank() == 2;
                const Fans fans{shape[0], kernel ? shape[1] : 1};
                weight.value().copy_from(initial_values("diagnose", kernel ? initializer : "zeros", shape, fans));
              }
            }
            return !trained;
          }};
}

Cure activations(const Examination& examination, const std::string& from, const std::string& to) {
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    if (place.layer != examination.last && activation_of(*place.layer) == from) layers.push_back(place.layer);
  }
  return {fmt::format("Activation{{\"{}\"}} in place of {}", to, from), rebuilding([=](Blueprint& blueprint) {
            for (const Layer* layer : layers) {
              const bool dense = dynamic_cast<const Dense*>(layer) != nullptr;
              blueprint.set(*layer, dense ? "activation" : "function", to);
            }
          })};
}

Cure normalized(const Examination& examination) {
  std::vector<Layer*> layers;
  for (const auto& [layer, before] : examination.places) {
    const bool hidden = layer != examination.last && activation_of(*layer) != "linear";
    if (hidden && by_batch(before) == nullptr) layers.push_back(layer);
  }
  return {"BatchNormalization{} before each activation", [=](Setup& setup) {
            if (layers.empty()) return false;
            return rebuilding([&](Blueprint& blueprint) {
              for (const Layer* layer : layers) {
                auto [all, function] = parts(*layer);
                all.push_back(BatchNormalization().config());
                all.push_back(Activation(function).config());
                blueprint.replace(*layer, std::move(all));
              }
            })(setup);
          }};
}

Cure standardized() {
  return {"const Standardization standardize(train); train = standardize(train);", [](Setup& setup) {
            const Dataset some = probe(setup.data, 8192);  // as many as the steps see, in a big data set
            setup.data = Standardization(some)(some);
            return true;
          }};
}

Cure standardized_targets(const Dataset& data) {
  const Moments targets = moments_of_targets(data);
  return {"targets (y - mean) / standard_deviation, and outputs back again", [targets](Setup& setup) {
            const double deviation = std::sqrt(targets.variance);
            Batch all = setup.data.batch();
            all.labels = all.labels.clone();
            for (Real& y : all.labels.values()) y = static_cast<Real>((y - targets.mean) / deviation);
            setup.data = Dataset(all, 0);
            setup.unit = targets.variance;
            return deviation > 0;
          }};
}

Cure both(const Cure& first, const Cure& second) {
  std::string text = first.text + "; " + second.text;
  return {std::move(text), [first, second](Setup& setup) { return first.apply(setup) && second.apply(setup); }};
}

Cure option(const std::vector<Layer*>& layers, const std::string& name, const Config::Value& value, std::string text) {
  return {std::move(text), rebuilding([=](Blueprint& blueprint) {
            for (const Layer* layer : layers) blueprint.set(*layer, name, value);
          })};
}

bool gains(const Examination& examination, const Trial& trial, double share) {
  const FirstSteps& steps = *examination.first_steps;
  if (!std::isfinite(trial.after)) return false;
  if (diverges(examination, steps.trial)) {
    return !diverges(examination, trial) &&
           trial.after < std::min(steps.trial.after, std::max(steps.start, steps.loss_of_zeros));
  }
  const auto [now, then] = compared(steps, trial);
  return then < share * now && now - then > 0.03 * (trial.start > 0 ? 1 : steps.loss_of_zeros);
}

bool diverges(const Examination& examination, const Trial& trial) {
  const FirstSteps& steps = *examination.first_steps;
  const double scale = std::max(steps.start, steps.loss_of_zeros) + steps.penalty;
  const bool grown = trial.largest() > 10 * scale;
  return !std::isfinite(trial.after) || (grown && !(trial.after < 0.9 * std::min(steps.start, steps.loss_of_zeros)));
}

void treat(Examination& examination, Finding finding, const std::vector<Cure>& cures, Untried untried, double share) {
  bool tried = false;
  const Cure* best = nullptr;
  Trial result{};
  for (const Cure& cure : cures) {
    if (!examination.first_steps) break;
    const Snapshot snapshot(examination.model);
    Setup setup = usual_setup(examination);
    if (!cure.apply(setup)) continue;
    default_generator() = Generator();  // whatever the cure has drawn
    tried = true;
    Trial trial = take_steps(examination, setup);
    if (!gains(examination, trial, share) || (best != nullptr && trial.after >= 0.8 * result.after)) continue;
    best = &cure;
    result = std::move(trial);
  }
  if (best != nullptr) {
    finding.cure = best->text;
    const auto [now, then] = compared(*examination.first_steps, result);
    finding.gain = fmt::format("loss after {} steps{} {} -> {:.3g}", examination.steps,
                               result.start > 0 ? ", as a share of that at the start," : "",
                               std::isfinite(now) ? fmt::format("{:.3g}", now) : "not finite", then);
    examination.explained = true;
  } else if (!tried && untried == Untried::keep) {
    finding.cure = cures.front().text;
  } else if (finding.cure.empty()) {
    return;
  }
  examination.findings.push_back(std::move(finding));
}

}  // namespace gradus::inline GRADUS_PRECISION
