#include <gradus/train/doctor/rules.h>

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/layer_normalization.h>
#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/registry/config_reader.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Result = std::optional<Finding>;

/// Null unless the layer normalizes with the statistics of the batch.
BatchNormalization* by_batch(Layer* layer) {
  auto* normalization = dynamic_cast<BatchNormalization*>(layer);
  return normalization != nullptr && normalization->trainable() ? normalization : nullptr;
}

Result small_batch(const Examination& examination, const Place& place) {
  const auto* normalization = by_batch(place.layer);
  const Index n = examination.options.batch_size;
  const bool renormalizes = dynamic_cast<const BatchRenormalization*>(normalization) != nullptr;
  if (normalization == nullptr || n > 8 || renormalizes) return {};
  const Index channels = normalization->output_shape()[-1], groups = std::gcd(channels, Index{8});
  const bool can_group = groups > 1 && groups < channels;
  return Finding{
      "small_batch", place.layer->name(), fmt::format("batch normalization with batches of {}", n),
      "Mean and variance of so few samples are noise: ResNet-50's error on ImageNet is 23.6 % with batches of "
      "32, 24.8 % with 8 and 34.7 % with 2, with group normalization always 24 % (Wu & He 2018).",
      fmt::format("LayerNormalization{{}}{}{} in place of BatchNormalization{{}}",
                  can_group ? fmt::format(" or GroupNormalization{{{{.groups = {}}}}}", groups) : "",
                  n > 1 ? " or BatchRenormalization{}" : "")};
}

Result last_batch_of_one(const Examination& examination, const Place& place) {
  const DiagnoseOptions& options = examination.options;
  if (by_batch(place.layer) == nullptr || options.dataset == nullptr || options.drop_last) return {};
  if (options.batch_size == 1 || options.dataset->size() % options.batch_size != 1) return {};
  return Finding{
      "last_batch_of_one", place.layer->name(),
      fmt::format("{} samples in batches of {} leave a last batch of 1", options.dataset->size(), options.batch_size),
      "One value has no variance, and training stops there with an error; where a sample has several per "
      "channel they tell of this sample only (Ioffe & Szegedy 2015, algorithm 1).",
      ".drop_last = true in the options of fit"};
}

Result unmoved_statistics(const Examination& examination, const Place& place) {
  auto* normalization = by_batch(place.layer);
  const auto& [batch_size, data, optimizer, loss, planned, drop_last] = examination.options;
  if (normalization == nullptr || !normalization->options().momentum || normalization->options().warm_up) return {};
  Index steps = planned;
  if (steps == 0 && data != nullptr) steps = (data->size() + (drop_last ? 0 : batch_size - 1)) / batch_size;
  const auto moved = [](const Buffer* statistic, Real from) {
    return std::ranges::any_of(statistic->value().values(), [&](Real v) { return v != from; });
  };
  if (moved(normalization->moving_mean(), 0) || moved(normalization->moving_variance(), 1)) {
    if (optimizer == nullptr || optimizer->steps() == 0) return {};  // trained, nobody knows for how long
    steps += optimizer->steps();
  }
  const double momentum = *normalization->options().momentum;
  const double left = std::pow(momentum, static_cast<double>(steps));
  if (steps == 0 || left <= 0.05) return {};
  return Finding{"unmoved_statistics", place.layer->name(),
                 fmt::format("after {} steps at momentum {} moving mean and variance are still {:.0f} % initial value",
                             steps, momentum, 100 * left),
                 "Inference normalizes with the moving statistics, so an evaluation this early measures them and not "
                 "the weights (Ioffe & Szegedy 2015, section 3.1).",
                 "BatchNormalization{{.warm_up = true}}, a lower .momentum, or recalibrate(model, train) before it"};
}

/// The mean of every feature is taken off again, with it any constant. Not so layer and group normalization: of a
/// sample's features they take off the common mean, which leaves the differences between their biases.
Result bias_under_normalization(const Examination&, const Place& place) {
  if (by_batch(place.layer) == nullptr || dynamic_cast<Dense*>(place.before) == nullptr) return {};
  const auto options = options_of<DenseOptions>(place.before->config());
  if (!options.use_bias || options.activation != "linear") return {};
  const Index units = place.before->output_shape()[-1];
  return Finding{"bias_under_normalization", place.before->name(),
                 fmt::format("{} biases that do nothing, directly before {}", units, place.layer->name()),
                 "The normalization subtracts the mean and the bias with it, whose gradient is 0; beta does its work "
                 "(Ioffe & Szegedy 2015, section 3.2).",
                 fmt::format("Dense{{{}, {{.use_bias = false}}}}", units)};
}

Result dropout_before_normalization(const Examination& examination, const Place& place) {
  if (by_batch(place.layer) == nullptr || dynamic_cast<Dropout*>(place.before) == nullptr) return {};
  const Config config = place.before->config();
  double rate = 0;
  ConfigReader{config}("rate", rate);
  const auto source = std::ranges::find(examination.places, place.before, &Place::layer)->before;
  const bool measured = examination.options.dataset != nullptr;
  const bool relu = source != nullptr && activation_of(*source) == "relu";
  Moments inputs{0, 1};
  if (relu) inputs = {std::sqrt(std::numbers::inv_pi / 2), 0.5 - std::numbers::inv_pi / 2};
  if (measured) inputs = training_input_moments(examination, *place.before);
  if (rate == 0 || !(inputs.variance > 0)) return {};
  return Finding{
      "dropout_before_normalization", place.layer->name(),
      fmt::format("directly behind {} of rate {}: the variance in inference is {:.3f} times that in training "
                  "({})",
                  place.before->name(), rate, variance_shift(inputs.mean, inputs.variance, rate),
                  measured ? "measured on the data"
                  : relu   ? "for ReLUs of standard normal numbers"
                           : "if the dropout's inputs have mean 0"),
      "Dropout raises the variance in training only, so that the moving variance is wrong in inference (Li et "
      "al. 2018).",
      fmt::format("BatchNormalization{{}}, Activation{{\"relu\"}}, Dropout{{{}}}, in this order; or "
                  "recalibrate(model, train) after training",
                  rate)};
}

Result normalization_after_activation(const Examination&, const Place& place) {
  const std::string function = place.before == nullptr ? "linear" : activation_of(*place.before);
  if (by_batch(place.layer) == nullptr || function == "linear") return {};
  return Finding{"normalization_after_activation", place.layer->name(),
                 fmt::format("directly behind the {} of {}", function, place.before->name()),
                 "The paper puts it before the activation, where values are closer to normally distributed; the "
                 "difference can be small, so try both (Ioffe & Szegedy 2015, section 3.2).",
                 fmt::format("BatchNormalization{{}}, Activation{{\"{}\"}}, in this order", function)};
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
  return Finding{
      "few_values_per_statistic", layer->name(),
      single ? "mean and variance are over 1 value: the output is beta, whatever the input"
             : "mean and variance are over 2 values: the output is beta + gamma or beta - gamma",
      "A value is its own mean, and two lie one deviation above and below theirs (Wu & He 2018, equation 2).",
      shape[-1] > 2 ? "LayerNormalization{}" : "BatchNormalization{}"};
}

Result probabilities_as_logits(const Examination& examination) {
  const std::string& loss = examination.loss;
  const std::string function = examination.last == nullptr ? "linear" : activation_of(*examination.last);
  if (loss != "softmax_cross_entropy" && loss != "binary_cross_entropy") return {};
  if (function != "softmax" && function != "sigmoid") return {};
  // Of logits in 0 ... 1 the best are 1 for the right class and 0 for the others.
  const auto others = loss[0] == 'b' ? 1.0 : static_cast<double>(examination.model.output_shape()[-1] - 1);
  return Finding{"probabilities_as_logits", examination.last->name(),
                 fmt::format("{} before {}, which takes logits: its loss cannot fall below {:.3f}", function, loss,
                             std::log(1 + others * std::exp(-1))),
                 "The loss applies the function itself, together with the logarithm so that nothing is rounded away; "
                 "twice, it flattens the gradients (Goodfellow et al. 2016, section 6.2.2).",
                 fmt::format("no {0} at the end; {0}(logits) where probabilities are wanted", function)};
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

}  // namespace

double variance_shift(double mean, double variance, double rate) {
  check(variance > 0 && rate >= 0 && rate < 1,
        "[variance_shift] expected a variance above 0 and a rate in [0, 1), got {} and {}", variance, rate);
  return variance / ((mean * mean + variance) / (1 - rate) - mean * mean);
}

void examine_structure(const Examination& examination, Findings& findings) {
  const auto add = [&](const Result& result) {
    if (result) findings.push_back(*result);
  };
  for (const auto rule : {small_batch, last_batch_of_one, unmoved_statistics, bias_under_normalization,
                          dropout_before_normalization, normalization_after_activation, few_values_per_statistic}) {
    for (const Place& place : examination.places) add(rule(examination, place));
  }
  add(probabilities_as_logits(examination));
  add(weight_decay_on_normalization(examination));
}

}  // namespace gradus::inline GRADUS_PRECISION
