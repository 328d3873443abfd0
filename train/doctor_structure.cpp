#include <gradus/train/doctor_rules.h>

#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/group_normalization.h>
#include <gradus/layers/instance_normalization.h>
#include <gradus/layers/layer_normalization.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Result = std::optional<Finding>;

/// Null unless the layer normalizes with the statistics of the batch.
BatchNormalization* by_batch(Layer* layer) {
  auto* normalization = dynamic_cast<BatchNormalization*>(layer);
  return normalization == nullptr || !normalization->trainable() ? nullptr : normalization;
}

Result small_batch(const Examination& examination, const Place& place) {
  const auto* normalization = by_batch(place.layer);
  const Index n = examination.options.batch_size;
  if (normalization == nullptr || n > 8 || normalization->options().renorm) return {};
  const Index channels = normalization->output_shape()[-1];
  const Index groups = std::gcd(channels, Index{8});
  std::string cure = "LayerNormalization{}";
  if (groups > 1 && groups < channels) cure += fmt::format(" or GroupNormalization{{{{.groups = {}}}}}", groups);
  cure += " in place of BatchNormalization{}";
  if (n > 1) cure += "; or BatchNormalization{{.renorm = true}}";
  return Finding{
      "small_batch", place.layer->name(), fmt::format("batch normalization with batches of {}", n),
      "Mean and variance of so few samples are noise: the error of a ResNet-50 on ImageNet rises from 23.6 % "
      "with batches of 32 to 24.8 % with 8 and 34.7 % with 2, with group normalization it stays at 24.1 % "
      "(Wu & He 2018).",
      cure};
}

Result last_batch_of_one(const Examination& examination, const Place& place) {
  const auto& [batch_size, data, optimizer, loss, steps, drop_last] = examination.options;
  if (by_batch(place.layer) == nullptr || data == nullptr || drop_last || batch_size == 1) return {};
  if (data->size() % batch_size != 1) return {};
  return Finding{"last_batch_of_one", place.layer->name(),
                 fmt::format("{} samples in batches of {} leave a last batch of 1", data->size(), batch_size),
                 "The variance over one sample says nothing about the data: it is 0 where a feature has one value per "
                 "sample, and training stops there with an error (Ioffe & Szegedy 2015, algorithm 1).",
                 ".drop_last = true in the options of fit"};
}

Result unmoved_statistics(const Examination& examination, const Place& place) {
  auto* normalization = by_batch(place.layer);
  const DiagnoseOptions& options = examination.options;
  if (normalization == nullptr || !normalization->options().momentum || normalization->options().warm_up) return {};
  Index steps = options.steps;
  if (steps == 0 && options.dataset != nullptr) {
    steps = (options.dataset->size() + (options.drop_last ? 0 : options.batch_size - 1)) / options.batch_size;
  }
  const auto all = [](const Parameter* statistic, Real value) {
    return std::ranges::all_of(statistic->value().values(), [&](Real v) { return v == value; });
  };
  // Statistics that have moved were trained before, for as long as the optimizer tells.
  if (!all(normalization->moving_mean(), 0) || !all(normalization->moving_variance(), 1)) {
    if (options.optimizer == nullptr || options.optimizer->steps() == 0) return {};
    steps += options.optimizer->steps();
  }
  const double momentum = *normalization->options().momentum;
  const double left = std::pow(momentum, static_cast<double>(steps));
  if (steps == 0 || left <= 0.05) return {};
  return Finding{"unmoved_statistics", place.layer->name(),
                 fmt::format("after {} steps at momentum {} the moving mean and variance are still {:.0f} % their "
                             "initial values",
                             steps, momentum, 100 * left),
                 "Inference normalizes with the moving statistics, so an evaluation this early measures them and not "
                 "the weights (Ioffe & Szegedy 2015, section 3.1).",
                 "BatchNormalization{{.warm_up = true}}; or a lower .momentum; or recalibrate(model, train) before the "
                 "evaluation"};
}

/// The mean of every feature is taken off again, with it any constant. Not so layer and group normalization: of a
/// sample's features they take off the common mean, which leaves the differences between their biases.
Result bias_under_normalization(const Examination&, const Place& place) {
  if (by_batch(place.layer) == nullptr || dynamic_cast<Dense*>(place.before) == nullptr) return {};
  const auto options = options_of<DenseOptions>(place.before->config());
  if (!options.use_bias || options.activation != "linear") return {};
  const Index units = place.before->output_shape()[-1];
  return Finding{
      "bias_under_normalization", place.before->name(),
      fmt::format("{} biases that do nothing, directly before {}", units, place.layer->name()),
      "The normalization subtracts the mean, and with it the bias, whose gradient is 0; beta does what a bias "
      "would (Ioffe & Szegedy 2015, section 3.2).",
      fmt::format("Dense{{{}, {{.use_bias = false}}}}", units)};
}

/// Mean and variance of function(z), z standard normal.
Moments after_standard_normal(const std::string& function) {
  constexpr Index points = 601;
  const auto z = [](Index i) { return -6 + 0.02 * static_cast<double>(i); };
  Tensor x = Tensor::empty({points, 1});
  for (Index i = 0; i < points; ++i) x.data()[i] = static_cast<Real>(z(i));
  const Tensor y = Activation(function).predict(x);
  double weights = 0, sum = 0, squares = 0;
  for (Index i = 0; i < points; ++i) {
    const double weight = std::exp(-z(i) * z(i) / 2), value = y.data()[i];
    weights += weight;
    sum += weight * value;
    squares += weight * value * value;
  }
  const double mean = sum / weights;
  return {mean, squares / weights - mean * mean};
}

Result dropout_before_normalization(const Examination& examination, const Place& place) {
  if (by_batch(place.layer) == nullptr || dynamic_cast<Dropout*>(place.before) == nullptr) return {};
  const Config config = place.before->config();
  double rate = 0;
  ConfigReader{config}("rate", rate);
  if (rate == 0) return {};
  const bool measured = examination.options.dataset != nullptr;
  const Layer* source = nullptr;
  for (const Place& other : examination.places) {
    if (other.layer == place.before) source = other.before;
  }
  const std::string function = source == nullptr ? "linear" : activation_of(*source);
  const auto [mean, variance] = measured ? training_input_moments(examination, *place.before)
                                         : after_standard_normal(function == "softmax" ? "linear" : function);
  if (!(variance > 0)) return {};
  const std::string basis = measured               ? "as measured on the data"
                            : function == "linear" ? "if its inputs have mean 0"
                                                   : fmt::format("for {} of standard normal numbers", function);
  return Finding{
      "dropout_before_normalization", place.layer->name(),
      fmt::format("directly behind {} with rate {}: the variance in inference is {:.3f} times that in "
                  "training, {}",
                  place.before->name(), rate, variance_shift(mean, variance, rate), basis),
      "Dropout raises the variance in training only, so the moving variance is wrong for inference (Li et al. "
      "2018).",
      fmt::format("BatchNormalization{{}}, Activation{{\"relu\"}}, Dropout{{{}}}, in this order; or "
                  "recalibrate(model, train) after training",
                  rate)};
}

Result normalization_after_activation(const Examination&, const Place& place) {
  if (by_batch(place.layer) == nullptr || place.before == nullptr) return {};
  const std::string function = activation_of(*place.before);
  if (function == "linear") return {};
  const auto* dense = dynamic_cast<Dense*>(place.before);
  return Finding{
      "normalization_after_activation", place.layer->name(),
      fmt::format("directly behind the {} of {}", function, place.before->name()),
      "The paper puts it before the activation, where the distribution is closer to a normal one; the "
      "difference can be small, so try both (Ioffe & Szegedy 2015, section 3.2).",
      fmt::format(
          "{}BatchNormalization{{}}, Activation{{\"{}\"}}",
          dense == nullptr ? "" : fmt::format("Dense{{{}, {{.use_bias = false}}}}, ", dense->output_shape()[-1]),
          function)};
}

Result few_values_per_statistic(const Examination&, const Place& place) {
  Layer* layer = place.layer;
  const Shape& shape = layer->input_shape();
  Index statistics = 0;  // per sample
  if (dynamic_cast<LayerNormalization*>(layer) != nullptr) statistics = shape.size() / shape[-1];
  if (dynamic_cast<InstanceNormalization*>(layer) != nullptr) statistics = shape[-1];
  if (dynamic_cast<GroupNormalization*>(layer) != nullptr)
    statistics = options_of<GroupNormalizationOptions>(layer->config()).groups;
  if (statistics == 0 || shape.size() > 2 * statistics) return {};
  const bool single = shape.size() == statistics;
  return Finding{
      "few_values_per_statistic", layer->name(),
      fmt::format("every mean and variance is over {}, so the output is {}, whatever the input",
                  single ? "1 value" : "2 values", single ? "beta" : "beta + gamma or beta - gamma"),
      "A value minus the mean of itself is 0, and of two values one is a deviation above their mean, one "
      "below (Wu & He 2018, equations 1 and 2).",
      shape[-1] > 2 ? fmt::format("LayerNormalization{{}}, over all {} features", shape[-1]) : "BatchNormalization{}"};
}

void probabilities_as_logits(const Examination& examination, Findings& findings) {
  const std::string& loss = examination.loss;
  if (loss != "softmax_cross_entropy" && loss != "binary_cross_entropy") return;
  const std::string function = examination.last == nullptr ? "linear" : activation_of(*examination.last);
  if (function != "softmax" && function != "sigmoid") return;
  std::string what = fmt::format("{} before {}, which takes logits", function, loss);
  if (loss == "softmax_cross_entropy") {
    const auto others = static_cast<double>(examination.model.output_shape()[-1] - 1);
    what += fmt::format("; with outputs in 0 ... 1 no sample's loss falls below {:.3f}",
                        std::log(1 + others * std::exp(-1)));
  }
  const bool is_layer = dynamic_cast<Activation*>(examination.last) != nullptr;
  findings.push_back(
      {"probabilities_as_logits", examination.last->name(), what,
       "The loss applies the function itself, together with the logarithm, where nothing is rounded away; twice, it "
       "flattens the gradients (Goodfellow et al. 2016, section 6.2.2).",
       is_layer ? fmt::format("without Activation{{\"{0}\"}}; {0}(logits) where probabilities are wanted", function)
                : fmt::format("Dense{{{}}} without an activation", examination.last->output_shape()[-1])});
}

}  // namespace

double variance_shift(double mean, double variance, double rate) {
  check(variance > 0 && rate >= 0 && rate < 1,
        "[variance_shift] expected a variance above 0 and a rate in [0, 1), got {} and {}", variance, rate);
  return variance / ((mean * mean + variance) / (1 - rate) - mean * mean);
}

void examine_structure(const Examination& examination, Findings& findings) {
  for (const auto rule : {small_batch, last_batch_of_one, unmoved_statistics, bias_under_normalization,
                          dropout_before_normalization, normalization_after_activation, few_values_per_statistic}) {
    for (const Place& place : examination.places) {
      if (const Result finding = rule(examination, place)) findings.push_back(*finding);
    }
  }
  probabilities_as_logits(examination, findings);
}

}  // namespace gradus::inline GRADUS_PRECISION
