#include <gradus/train/doctor/cures.h>

#include <gradus/data/tables/standardization.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
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

/// What an activation's configuration is in parts: a Dense without it, and the function.
std::pair<std::vector<Config>, std::string> parts(const Layer& layer) {
  Config config = layer.config();
  const std::string function = activation_of(layer);
  if (!has_kernel(layer)) return {{}, function};
  set_option(config, "activation", std::string("linear"));
  return {{config}, function};
}

/// With another draw of everything.
std::optional<Trial> take_longer(const Examination& examination, std::uint64_t seed, const Cure* cure, double* start) {
  const Snapshot snapshot(examination.model, seed);
  draw_anew(examination.drawn, seed);
  TrainingSetup setup = usual_setup(examination.model, examination.options);
  if (start != nullptr) {
    const Snapshot unmeasured(examination.model, seed);
    *start = measure(examination, setup);
  }
  if (cure != nullptr && !cure->apply(setup)) return std::nullopt;
  default_generator() = Generator(seed);  // whatever the cure has drawn
  return take_steps(examination, setup, examination.long_steps);
}

/// Of a symptom's cures the three that help most at once, in their order; two where steps are dear. Else all.
std::vector<const Cure*> worth_comparing(const Examination& examination, const std::vector<Cure>& cures, Kind kind,
                                         double share) {
  const std::size_t max_compared = examination.long_steps > 10 ? 3 : 2;
  std::vector<const Cure*> result;
  std::vector<double> losses;
  for (const Cure& cure : cures) {
    if (!examination.first_steps) break;
    double loss = 0;
    if (kind == Kind::symptom) {
      const Snapshot snapshot(examination.model);
      TrainingSetup setup = usual_setup(examination.model, examination.options);
      if (!cure.apply(setup)) continue;
      default_generator() = Generator();  // whatever the cure has drawn
      const Trial trial = take_steps(examination, setup, examination.steps);
      if (!gains(examination, *examination.first_steps, trial, share)) continue;
      loss = trial.after;
    }
    result.push_back(&cure);
    losses.push_back(loss);
    if (kind != Kind::symptom || result.size() <= max_compared) continue;
    const auto worst = std::ranges::max_element(losses) - losses.begin();
    result.erase(result.begin() + worst);
    losses.erase(losses.begin() + worst);
  }
  return result;
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

void Blueprint::swap(const Layer& a, const Layer& b) {
  Config *first = find(a, model_, config_), *second = find(b, model_, config_);
  complete_ &= first != nullptr && second != nullptr;
  if (complete_) std::swap(*first, *second);
}

void Blueprint::replace(const Layer& layer, std::vector<Config> by) {
  Config* config = find(layer, model_, config_);
  complete_ &= config != nullptr;
  if (config != nullptr) *config = by.size() == 1 ? Config(by[0]) : Config{"Sequential", {}, std::move(by)};
}

bool Blueprint::build(TrainingSetup& setup) const {
  const bool frozen = !std::ranges::all_of(model_.parameters(), &Parameter::trainable);
  if (!complete_ || frozen || setup.optimizer->steps() > 0) return false;
  try {
    setup.rebuilt = make_layer(config_);
    setup.rebuilt->build(model_.input_shape());
  } catch (const Error&) {
    return false;
  }
  copy_weights(model_, *setup.rebuilt);
  for (const Parameter& old : model_.parameters()) {
    const double multiplier = setup.optimizer->learning_rate_multiplier(old);
    for (Parameter& weight : setup.rebuilt->parameters()) {
      if (weight.name() != old.name() || multiplier == 1) continue;
      setup.optimizer->set_learning_rate_multiplier(Parameters(std::vector{&weight}), multiplier);
    }
  }
  setup.model = setup.rebuilt.get();
  return true;
}

Finding advised(Finding finding, const Cure& cure) {
  finding.cure = cure.text;
  finding.remedy.apply = cure.apply;
  return finding;
}

Cure learning_rate(const Examination& examination, double factor) {
  const FirstSteps& steps = *examination.first_steps;
  const double rate = factor * steps.rate;
  if (!steps.scheduled) {
    return {fmt::format(".learning_rate = {:.2g}", rate), [=](TrainingSetup& setup) {
              if (rate <= 1000) setup.optimizer->set_learning_rate(rate);
              return rate <= 1000;
            }};
  }
  return {fmt::format("{} times the rates of the schedule", factor), [=](TrainingSetup& setup) {
            for (Parameter& weight : setup.model->parameters()) {  // which no schedule overwrites
              const double before = setup.optimizer->learning_rate_multiplier(weight);
              setup.optimizer->set_learning_rate_multiplier(Parameters(std::vector{&weight}), factor * before);
            }
            return true;
          }};
}

Cure initial_weights(const Examination& examination, const std::string& initializer, std::vector<Layer*> layers) {
  if (layers.empty()) {
    for (const Place& place : examination.places) layers.push_back(place.layer);
  }
  const bool trained = examination.trained();
  return {fmt::format(".kernel_initializer = \"{}\"", initializer), [=](TrainingSetup& setup) {
            if (trained) return false;
            Blueprint blueprint(*setup.model);
            for (Layer* layer : layers) {
              if (!has_kernel(*layer)) continue;
              draw_weights(*layer, initializer, "zeros");
              blueprint.set(*layer, "kernel_initializer", initializer);
              blueprint.set(*layer, "bias_initializer", std::string("zeros"));
            }
            blueprint.build(setup);  // so that it can be read in the options, other than those of custom layers
            return true;
          }};
}

Cure activations(const Examination& examination, const std::string& from, const std::string& to) {
  std::vector<Layer*> layers;
  for (const Place& place : examination.places) {
    if (place.layer != examination.last && activation_of(*place.layer) == from) layers.push_back(place.layer);
  }
  return {fmt::format("Activation{{\"{}\"}} in place of {}", to, from), rebuilding([=](Blueprint& blueprint) {
            for (const Layer* layer : layers) blueprint.set(*layer, activation_option(*layer), to);
          })};
}

Cure normalized(const Examination& examination) {
  std::vector<Layer*> layers;
  for (const auto& [layer, before] : examination.places) {
    const bool hidden = layer != examination.last && activation_of(*layer) != "linear";
    if (hidden && by_batch(before) == nullptr) layers.push_back(layer);
  }
  return {"BatchNormalization{{.warm_up = true}} before each activation", [=](TrainingSetup& setup) {
            if (layers.empty()) return false;
            return rebuilding([&](Blueprint& blueprint) {
              for (const Layer* layer : layers) {
                auto [all, function] = parts(*layer);
                all.push_back(BatchNormalization({.warm_up = true}).config());
                all.push_back(Activation(function).config());
                blueprint.replace(*layer, std::move(all));
              }
            })(setup);
          }};
}

Cure dropped_last() {
  return {".drop_last = true in the options of fit", [](TrainingSetup& setup) { return setup.drop_last = true; }};
}

Cure standardized() {
  return {"const Standardization standardize(train); train = standardize(train);", [](TrainingSetup& setup) {
            setup.data = Standardization(probe(setup.data, 8192))(setup.data);
            return true;
          }};
}

Cure standardized_targets(const Dataset& data) {
  const Moments targets = moments_of_targets(data);
  return {"targets (y - mean) / standard_deviation, and outputs back again", [targets](TrainingSetup& setup) {
            const double deviation = std::sqrt(targets.variance);
            Batch all = setup.data.batch();
            all.labels = all.labels.clone();
            for (Real& y : all.labels.values()) y = static_cast<Real>((y - targets.mean) / deviation);
            setup.data = Dataset(all, 0);
            setup.target_mean = targets.mean;
            setup.target_deviation = deviation;
            return deviation > 0;
          }};
}

Cure both(const Cure& first, const Cure& second) {
  std::string text = first.text + "; " + second.text;
  return {std::move(text), [first, second](TrainingSetup& setup) { return first.apply(setup) && second.apply(setup); }};
}

Cure without_callbacks() {
  return {"other callbacks: without those given the steps get on", [](TrainingSetup& setup) {
            const bool any = !setup.callbacks.empty();
            setup.callbacks.clear();
            return any;
          }};
}

Cure option(const std::vector<Layer*>& layers, const std::string& name, const Config::Value& value, std::string text) {
  return {std::move(text), rebuilding([=](Blueprint& blueprint) {
            for (const Layer* layer : layers) blueprint.set(*layer, name, value);
          })};
}

bool gains(const Examination& examination, const Baseline& unchanged, const Trial& trial, double share) {
  if (!std::isfinite(trial.after)) return false;
  const double zeros = examination.first_steps->loss_of_zeros;
  if (diverges(examination, unchanged, unchanged.trial)) {
    return !diverges(examination, unchanged, trial) &&
           trial.after < std::min(unchanged.trial.after, std::max(unchanged.start, zeros));
  }
  const double now = unchanged.trial.after;
  return trial.after < share * now && now - trial.after > 0.03 * std::min(zeros, unchanged.start);
}

bool diverges(const Examination& examination, const Baseline& unchanged, const Trial& trial) {
  const FirstSteps& steps = *examination.first_steps;
  // The first loss counts too: dropout can make it far larger than that in inference.
  const double first = unchanged.trial.losses.empty() ? 0 : unchanged.trial.losses.front();
  const double scale = std::max({unchanged.start, steps.loss_of_zeros, first}) + steps.penalty;
  const bool grown = trial.largest() > 10 * scale;
  return !std::isfinite(trial.after) ||
         (grown && !(trial.after < 0.9 * std::min(unchanged.start, steps.loss_of_zeros)));
}

const Baseline& longer_steps(Examination& examination, std::size_t i) {
  while (examination.longer.size() <= i) {
    Baseline unchanged;
    unchanged.trial = *take_longer(examination, examination.longer.size() + 1, nullptr, &unchanged.start);
    examination.longer.push_back(std::move(unchanged));
  }
  return examination.longer[i];
}

std::optional<Comparison> compare(Examination& examination, const Cure& cure, double share) {
  constexpr std::size_t draws = 2;
  constexpr double most = 1e30;  // in place of a loss that is not finite
  Comparison result{.now = 1, .then = 1, .in_each = true};
  for (std::size_t i = 0; i < draws; ++i) {
    const Baseline& unchanged = longer_steps(examination, i);
    const std::optional<Trial> trial = take_longer(examination, i + 1, &cure, nullptr);
    if (!trial) return std::nullopt;
    result.in_each &= gains(examination, unchanged, *trial, share);
    const auto root = [&](double loss) { return std::pow(std::clamp(loss, 0.0, most), 1.0 / draws); };
    result.now *= root(unchanged.trial.after);
    result.then *= root(trial->after);
  }
  return result;
}

bool treat(Examination& examination, Finding finding, const std::vector<Cure>& cures, Kind kind, double share) {
  const Cure* best = nullptr;
  Comparison gain{};
  bool tried = false;
  for (const Cure* cure : worth_comparing(examination, cures, kind, share)) {
    const std::optional<Comparison> comparison = compare(examination, *cure, share);
    if (!comparison) continue;
    tried = true;
    const auto [now, then, in_each] = *comparison;
    const bool on_average = then < share * now && now - then > 0.01 * examination.first_steps->loss_of_zeros;
    const bool helps = kind == Kind::fact ? on_average : in_each;
    if (!helps || (best != nullptr && then >= 0.8 * gain.then)) continue;
    best = cure;
    gain = *comparison;
  }
  if (best != nullptr) {
    finding = advised(std::move(finding), *best);
    finding.gain = fmt::format("loss after {} steps {} -> {:.3g}", examination.long_steps,
                               gain.now < 1e15 ? fmt::format("{:.3g}", gain.now) : "not finite", gain.then);
    examination.explained = true;
  } else if (!tried && kind == Kind::fact) {
    finding = advised(std::move(finding), cures.front());
  } else if (finding.cure.empty()) {
    return false;
  }
  examination.findings.push_back(std::move(finding));
  return true;
}

}  // namespace gradus::inline GRADUS_PRECISION
