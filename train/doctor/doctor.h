#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/optim/optimizer.h>

#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// What a teacher would say about a model.
struct Finding {
  std::string rule;   ///< a stable name, such as "bias_under_normalization"
  std::string where;  ///< the path of a layer, or "model", "data", "optimizer"
  std::string what;   ///< what was found, with its numbers
  std::string why;    ///< one sentence, with its source
  std::string cure;   ///< as code

  friend bool operator==(const Finding&, const Finding&) = default;
};

struct DiagnoseOptions {
  Index batch_size = 32;
  const Dataset* dataset = nullptr;      ///< for training; without it the rules that need data are left out
  const Optimizer* optimizer = nullptr;  ///< without it the rules that need one are left out
  /// By name; if empty, the usual one for the data, softmax_cross_entropy without data.
  std::string loss{};
  Index steps = 0;         ///< of training before the first evaluation; 0: one epoch of the data
  bool drop_last = false;  ///< whether a last batch that is not full is left out
};

/// Reads the model and, if it gets data, tries the first 10 steps of training. The rules, and when they speak:
///
/// - small_batch: batch normalization (not renormalization) with a batch of 1 to 8.
/// - last_batch_of_one: batch normalization, and the last batch of the data has one sample.
/// - unmoved_statistics: more than 5 % of their initial values (momentum^steps, without warm_up) is left in the
///   moving statistics when they are first used.
/// - bias_under_normalization: a Dense with a bias, without activation, directly before batch normalization.
/// - dropout_before_normalization: Dropout directly before batch normalization.
/// - normalization_after_activation: an activation directly before batch normalization.
/// - few_values_per_statistic: layer, group or instance normalization over 1 or 2 values.
/// - probabilities_as_logits: softmax or sigmoid before a cross-entropy that takes logits.
/// - weight_decay_on_normalization: gamma or beta is decayed.
/// - data_not_scaled: a feature with |mean| or standard deviation above 10, or the largest deviation below 0.01;
///   not where batch normalization is the first layer.
/// - loss_at_start: before the first step a classifier's loss is above 2 ln(classes) + 1, in training and in
///   inference.
/// - diverging_loss: a loss that is not finite, or 10 times what it was (or what outputs of 0 give).
/// - vanishing_gradients, exploding_gradients: the root mean square of the first kernel's gradient is below 1/50
///   of that of the last hidden kernel, or above 1000 times.
/// - dead_units: more than 40 % of a layer's ReLUs are 0 for every sample after these steps.
/// - saturated_units: more than 40 % of the outputs of a hidden sigmoid or tanh are beyond 0.99 of its range.
///
/// "Directly" looks through Flatten and the borders of Sequentials within Sequentials. Frozen batch normalizations are
/// as any other affine layer. The steps are those of SGD, or for other optimizers of Adam, at the optimizer's learning
/// rate (without an optimizer SGD's 0.01), on 128 to 1,024 samples.
/// All is as before afterwards: weights, gradients, buffers, the optimizer, the default generator. The same model and
/// data give the same findings.
/// Throws StateError if the model is not built, ValueError for a batch size that the data do not allow.
std::vector<Finding> diagnose(Layer& model, const DiagnoseOptions& options = {});

/// In lines of at most 80 columns, where findings of one rule with one cure have one number.
std::string to_string(const std::vector<Finding>& findings);

/// The variance that a normalization meets in inference over that in training, if its inputs, of this mean c and
/// variance v > 0, go through dropout with this rate first (Li et al. 2018):
///
///     v / ((c^2 + v) / p - c^2),   p = 1 - rate the share that is kept.
///
/// For c = 0 it is p; behind a ReLU of standard normal numbers, at rate 0.5, it is 0.405.
double variance_shift(double mean, double variance, double rate);

}  // namespace gradus::inline GRADUS_PRECISION
