#include <gradus/train/doctor/cures.h>

#include <gradus/autograd/tape.h>
#include <gradus/layers/dropout/dropout.h>
#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/normalization/layer_normalization.h>
#include <gradus/layers/registry/config_reader.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Result = std::optional<Finding>;

/// Other layers in place of these.
Cure replaced(const std::vector<Layer*>& layers, const Config& by, std::string text) {
  return {std::move(text), [=](TrainingSetup& setup) {
            Blueprint blueprint(*setup.model);
            for (const Layer* layer : layers) blueprint.replace(*layer, {by});
            return blueprint.build(setup);
          }};
}

/// One finding for all layers.
void small_batch(Examination& examination) {
  const Index n = examination.options.batch_size;
  std::vector<Layer*> layers;
  Index groups = 8;
  for (const Place& place : examination.places) {
    const bool renormalizes = dynamic_cast<const BatchRenormalization*>(place.layer) != nullptr;
    if (by_batch(place.layer) == nullptr || renormalizes) continue;
    layers.push_back(place.layer);
    groups = std::gcd(place.layer->output_shape()[-1], groups);
  }
  if (layers.empty() || n > 8) return;
  const bool can_group =
      groups > 1 && std::ranges::all_of(layers, [&](const Layer* layer) { return layer->output_shape()[-1] > groups; });
  const std::string instead = " in place of BatchNormalization{}";
  std::vector<Cure> cures{replaced(layers, LayerNormalization().config(), "LayerNormalization{}" + instead)};
  if (can_group) {
    const GroupNormalizationOptions options{.groups = groups};
    cures.push_back(replaced(layers, GroupNormalization(options).config(),
                             fmt::format("GroupNormalization{{{{.groups = {}}}}}{}", groups, instead)));
  }
  if (n > 1) cures.push_back(replaced(layers, BatchRenormalization().config(), "BatchRenormalization{}" + instead));
  const std::string more = layers.size() > 1 ? fmt::format(", and in {} layers more", layers.size() - 1) : "";
  const Finding finding{
      "small_batch",
      layers.front()->name(),
      fmt::format("batch normalization with batches of {}{}", n, more),
      "Mean and variance of so few samples are noise: ResNet-50's error on ImageNet is 23.6 % with batches of "
      "32, 24.8 % with 8 and 34.7 % with 2, with group normalization always 24 % (Wu & He 2018).",
      {}};
  if (treat(examination, finding, cures, Kind::fact, 0.95)) return;
  // Last, since larger batches see more data in as many steps.
  const Cure larger{".batch_size = 32", [](TrainingSetup& setup) {
                      setup.batch_size = std::min<Index>(32, setup.data.size());
                      return setup.data.size() % setup.batch_size != 1;
                    }};
  treat(examination, finding, {larger}, Kind::fact, 0.95);
}

Result last_batch_of_one(const Examination& examination, const Place& place) {
  const DiagnoseOptions& options = examination.options;
  if (by_batch(place.layer) == nullptr || options.dataset == nullptr || options.drop_last) return {};
  if (options.batch_size == 1 || options.dataset->size() % options.batch_size != 1) return {};
  return advised(
      finding_of("last_batch_of_one", place.layer->name(),
                 fmt::format("{} samples in batches of {} leave a last batch of 1", options.dataset->size(),
                             options.batch_size),
                 "One value has no variance, and training stops there with an error; where a sample has several per "
                 "channel they tell of this sample only (Ioffe & Szegedy 2015, algorithm 1)."),
      dropped_last());
}

/// Most of the initial values has to be left. Measured on digits: 90 % of them cost twelve points of accuracy, 61 %
/// four, 39 % none.
Result unmoved_statistics(const Examination& examination, const Place& place) {
  auto* normalization = by_batch(place.layer);
  const double left = normalization == nullptr ? 0 : initial_share(examination, *normalization);
  if (left <= 0.7) return {};
  std::string cost;
  if (examination.first_steps) {
    const double mixed = examination.first_steps->with_initial_statistics, own = examination.first_steps->trial.after;
    if (!(mixed > 1.25 * own && mixed > own + 0.05 * examination.first_steps->loss_of_zeros)) return {};
    cost = fmt::format("; tried, the loss in inference is {:.3g} with such statistics, {:.3g} with those of the data",
                       mixed, own);
  }
  const Optimizer* optimizer = examination.options.optimizer;
  const Index before = moved(*normalization) ? optimizer->steps() : 0;
  std::vector<Layer*> all;
  for (const Place& other : examination.places) {
    if (by_batch(other.layer) != nullptr) all.push_back(other.layer);
  }
  return advised(
      finding_of("unmoved_statistics", place.layer->name(),
                 fmt::format(
                     "after {} steps at momentum {} moving mean and variance are still {:.0f} % initial value{}",
                     planned_steps(examination.options) + before, *normalization->options().momentum, 100 * left, cost),
                 "Inference normalizes with the moving statistics, so an evaluation this early measures them and not "
                 "the weights (Ioffe & Szegedy 2015, section 3.1)."),
      option(all, "warm_up", true,
             "BatchNormalization{{.warm_up = true}}, a lower .momentum, or recalibrate(model, train) before it"));
}

/// Adds up the loss in inference, by the moving statistics as they are, after each of the last steps.
struct InferenceLoss : Callback {
  InferenceLoss(const Examination& all, Index last_steps)
      : examination(all), samples(probe(*all.options.dataset).batch()), last(last_steps) {}
  void on_step_end(TrainingState& state) override {
    if (state.total_steps + last <= state.last_step) return;
    const StopRecording pause;
    const Tensor outputs = state.model.predict(samples.inputs);
    mean += examination.loss(outputs, samples).value().item() / static_cast<double>(last);
  }
  const Examination& examination;
  const Batch samples;
  Index last;
  double mean = 0;
};

/// Speaks up to 0.2 in any case, up to 0.5 where a trial loses by it.
void momentum_of_the_new_value(Examination& examination) {
  std::vector<Layer*> layers;
  double momentum = 1;
  for (const Place& place : examination.places) {
    const BatchNormalization* normalization = by_batch(place.layer);
    if (normalization == nullptr || normalization->options().momentum.value_or(1) > 0.5) continue;
    layers.push_back(place.layer);
    momentum = std::min(momentum, *normalization->options().momentum);
  }
  if (layers.empty()) return;
  const double better = std::min(1 - momentum, 0.9);
  const Cure cure = option(layers, "momentum", better, fmt::format(".momentum = {}", better));
  Finding finding = advised(
      finding_of("momentum_of_the_new_value", layers.front()->name(),
                 fmt::format("momentum {} keeps {:.0f} % of the moving statistics in a step", momentum, 100 * momentum),
                 "Momentum is the share of the old value, as in Keras; in PyTorch it is that of the new one, 0.1 by "
                 "default. So low a share makes the statistics in inference those of the last batch or two (Ioffe & "
                 "Szegedy 2015, section 3.1)."),
      cure);
  if (examination.first_steps && std::isfinite(examination.first_steps->trial.after)) {
    const auto loss = [&](const Cure* change) {
      const Snapshot snapshot(examination.model);
      TrainingSetup setup = usual_setup(examination.model, examination.options);
      if (change != nullptr && !change->apply(setup)) return HUGE_VAL;
      default_generator() = Generator();
      InferenceLoss recorder(examination, 20);
      take_steps(examination, setup, examination.long_steps, &recorder);
      return recorder.mean;
    };
    const double with = loss(nullptr), without = loss(&cure);
    if (without < 0.97 * with) {
      finding.gain = fmt::format("loss in inference, over 20 steps after {}, {:.3g} -> {:.3g}",
                                 examination.long_steps - 20, with, without);
    }
  }
  if (momentum <= 0.2 || !finding.gain.empty()) examination.findings.push_back(std::move(finding));
}

/// The mean of every feature is taken off again, with it any constant. Not so layer and group normalization: of a
/// sample's features they take off the common mean, which leaves the differences between their biases.
void bias_under_normalization(Examination& examination) {
  std::vector<Layer*> layers, normalizations;
  for (const auto& [layer, before] : examination.places) {
    if (by_batch(layer) == nullptr || before == nullptr || !has_kernel(*before)) continue;
    if (!option_of<bool>(*before, "use_bias") || activation_of(*before) != "linear") continue;
    layers.push_back(before);
    normalizations.push_back(layer);
  }
  const Cure cure = option(layers, "use_bias", false, ".use_bias = false");
  for (std::size_t i = 0; i < layers.size(); ++i) {
    examination.findings.push_back(
        advised(finding_of("bias_under_normalization", layers[i]->name(),
                           fmt::format("{} biases that do nothing, directly before {}", layers[i]->output_shape()[-1],
                                       normalizations[i]->name()),
                           "The normalization subtracts the mean and the bias with it, whose gradient is 0; beta does "
                           "its work (Ioffe & "
                           "Szegedy 2015, section 3.2)."),
                cure));
  }
}

Result dropout_before_normalization(const Examination& examination, const Place& place) {
  if (by_batch(place.layer) == nullptr || dynamic_cast<Dropout*>(place.before) == nullptr) return {};
  const auto rate = option_of<double>(*place.before, "rate");
  const Layer* source = examination.before(*place.before);
  const bool measured = examination.options.dataset != nullptr;
  const bool relu = source != nullptr && activation_of(*source) == "relu";
  Moments inputs{0, 1};
  if (relu) inputs = {std::sqrt(std::numbers::inv_pi / 2), 0.5 - std::numbers::inv_pi / 2};
  if (measured) inputs = examination.inputs_of(*place.before);
  if (rate == 0 || !(inputs.variance > 0)) return {};
  const Cure swapped{fmt::format("BatchNormalization{{}}, Activation{{\"relu\"}}, Dropout{{{}}}, in this order; or "
                                 "recalibrate(model, train) after training",
                                 rate),
                     [place](TrainingSetup& setup) {
                       Blueprint blueprint(*setup.model);
                       blueprint.swap(*place.before, *place.layer);
                       return blueprint.build(setup);
                     }};
  return advised(
      finding_of(
          "dropout_before_normalization", place.layer->name(),
          fmt::format("directly behind {} of rate {}: the variance in inference is {:.3f} times that in training ({})",
                      place.before->name(), rate, variance_shift(inputs.mean, inputs.variance, rate),
                      measured ? "measured on the data"
                      : relu   ? "for ReLUs of standard normal numbers"
                               : "if the dropout's inputs have mean 0"),
          "Dropout raises the variance in training only, so that the moving variance is wrong in inference (Li et "
          "al. 2018)."),
      swapped);
}

Result few_values_per_statistic(const Examination&, const Place& place) {
  Layer* layer = place.layer;
  const Shape& shape = layer->input_shape();
  Index statistics = 0;  // of a sample
  if (dynamic_cast<LayerNormalization*>(layer) != nullptr) statistics = shape.size() / shape[-1];
  if (dynamic_cast<InstanceNormalization*>(layer) != nullptr) statistics = shape[-1];
  if (dynamic_cast<GroupNormalization*>(layer) != nullptr)
    statistics = options_of<GroupNormalizationOptions>(layer->config()).groups;
  if (statistics == 0 || shape.size() > 2 * statistics) return {};
  const bool single = shape.size() == statistics;
  const bool wide = shape[-1] > 2;
  return advised(
      finding_of(
          "few_values_per_statistic", layer->name(),
          single ? "mean and variance are over 1 value: the output is beta, whatever the input"
                 : "mean and variance are over 2 values: the output is beta + gamma or beta - gamma",
          "A value is its own mean, and two lie one deviation above and below theirs (Wu & He 2018, equation 2)."),
      wide ? replaced({layer}, LayerNormalization().config(), "LayerNormalization{}")
           : replaced({layer}, BatchNormalization().config(), "BatchNormalization{}"));
}

Result weight_decay_on_normalization(const Examination& examination) {
  const Optimizer* optimizer = examination.options.optimizer;
  std::string decayed;
  for (const Parameter& weight : examination.model.parameters()) {
    const std::string name = "." + weight.name();
    if (optimizer == nullptr || !optimizer->decays(weight)) continue;
    if (name.ends_with(".gamma") || name.ends_with(".beta")) decayed += (decayed.empty() ? "" : ", ") + weight.name();
  }
  if (decayed.empty()) return {};
  return Finding{
      "weight_decay_on_normalization", "optimizer",
      fmt::format("weight decay of {} on {}", optimizer->weight_decay(), decayed),
      "Gamma and beta are few and do not overfit; decay only pulls what the normalization gives on towards 0 "
      "(Goyal et al. 2017, section 5.1).",
      ".decay_rule = decay_kernels"};
}

/// Its gradient is noise, and moves the weights as far as that of a full one. For 2 to 4 samples the effect has been
/// measured (784-128-64-10 on digits, batches of 64: 47 to 78 % for 90 %), for more it is tried.
void small_last_batch(Examination& examination) {
  const DiagnoseOptions& options = examination.options;
  const auto place = std::ranges::find_if(examination.places, [](const Place& p) {
    return by_batch(p.layer) != nullptr && dynamic_cast<BatchRenormalization*>(p.layer) == nullptr;
  });
  if (place == examination.places.end() || options.dataset == nullptr || options.drop_last) return;
  const Index n = options.dataset->size(), rest = n % options.batch_size;
  if (rest < 2 || 8 * rest > options.batch_size || n < options.batch_size) return;
  const Index values = place->layer->input_shape().size() / place->layer->input_shape()[-1];
  if (values >= 8) return;  // positions of a picture, which are many values per channel
  Finding finding = advised(
      finding_of("small_last_batch", place->layer->name(),
                 fmt::format("{} samples in batches of {} leave a last batch of {}", n, options.batch_size, rest),
                 "Mean and variance of so few samples are noise, and so is the gradient through them, but the step is "
                 "that of a "
                 "full batch (Ioffe & Szegedy 2015, algorithm 1)."),
      dropped_last());
  if (examination.first_steps) {
    // Few batches, so that the trial meets the last one several times; the mean of several draws, for it is noise.
    const auto log_loss = [&](std::uint64_t draw, bool drop_last) {
      const Snapshot snapshot(examination.model, draw);
      draw_anew(examination.drawn, draw);
      TrainingSetup setup = usual_setup(examination.model, options);
      setup.data = setup.data.take(std::min(n, 3 * options.batch_size + rest));
      setup.drop_last = drop_last;
      take_steps(examination, setup, examination.long_steps);
      setup.data = *options.dataset;
      return std::log(measure(examination, setup));
    };
    double with = 0, without = 0;
    for (std::uint64_t draw = 0; draw < 4; ++draw) {
      with += log_loss(draw, false) / 4;
      without += log_loss(draw, true) / 4;
    }
    with = std::exp(with);
    without = std::exp(without);
    if (without < 0.9 * with && with - without > 0.01 * examination.first_steps->loss_of_zeros) {
      finding.gain = fmt::format("with every fourth batch so small, loss after {} steps {:.3g} -> {:.3g}",
                                 examination.long_steps, with, without);
    }
  }
  if (rest <= 4 || !finding.gain.empty()) examination.findings.push_back(std::move(finding));
}

/// Less than half of the deviation is left: sqrt(v / (v + epsilon)).
void epsilon_above_variance(Examination& examination) {
  if (examination.options.dataset == nullptr) return;
  std::vector<Layer*> found;
  for (const Place& place : examination.places) {
    const BatchNormalization* normalization = by_batch(place.layer);
    const double variance = examination.inputs_of(*place.layer).variance;
    if (normalization == nullptr || !(variance > 0) || normalization->options().epsilon < 4 * variance) continue;
    found.push_back(place.layer);
  }
  if (found.empty()) return;
  const double epsilon = by_batch(found.front())->options().epsilon;
  const double variance = examination.inputs_of(*found.front()).variance;
  std::vector<Cure> cures;
  if (examination.before(*found.front()) == nullptr) cures.push_back(standardized());
  const double lower = epsilon > 1e-3 ? 1e-3 : variance / 100;
  cures.push_back(option(found, "epsilon", lower, fmt::format(".epsilon = {:.0e}", lower)));
  const std::string more = found.size() > 1 ? fmt::format(", and as little in {} layers more", found.size() - 1) : "";
  treat(
      examination,
      finding_of(
          "epsilon_above_variance", found.front()->name(),
          fmt::format("epsilon {:.2g} is added to variances of {:.2g}: {:.0f} % of the deviation is left{}", epsilon,
                      variance, 100 * std::sqrt(variance / (variance + epsilon)), more),
          "Epsilon keeps a division by 0 away and has to be small against the variance, else the outputs are small and "
          "carry next to nothing (Ioffe & Szegedy 2015, algorithm 1)."),
      cures, Kind::fact, 0.9);
}

}  // namespace

double variance_shift(double mean, double variance, double rate) {
  check(variance > 0 && rate >= 0 && rate < 1,
        "[variance_shift] expected a variance above 0 and a rate in [0, 1), got {} and {}", variance, rate);
  return variance / ((mean * mean + variance) / (1 - rate) - mean * mean);
}

void examine_normalization(Examination& examination) {
  small_batch(examination);
  const auto for_each_place = [&](auto rule) {
    for (const Place& place : examination.places) {
      if (const Result result = rule(examination, place)) examination.findings.push_back(*result);
    }
  };
  for_each_place(last_batch_of_one);
  for_each_place(unmoved_statistics);
  bias_under_normalization(examination);
  for_each_place(dropout_before_normalization);
  for_each_place(few_values_per_statistic);
  if (const Result result = weight_decay_on_normalization(examination)) examination.findings.push_back(*result);
  momentum_of_the_new_value(examination);
  // An output that is beta lets no gradient through.
  examination.explained |= std::ranges::any_of(
      examination.findings, [](const Finding& finding) { return finding.rule == "few_values_per_statistic"; });
  small_last_batch(examination);
  epsilon_above_variance(examination);
}

}  // namespace gradus::inline GRADUS_PRECISION
