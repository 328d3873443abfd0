#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/optim/optimizer.h>
#include <gradus/train/callback.h>
#include <gradus/train/loss.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct DiagnoseOptions;

/// What `fit` gets.
struct TrainingSetup {
  Layer* model;
  std::unique_ptr<Layer> rebuilt;        ///< owns the model if it had to be made anew; null otherwise
  std::unique_ptr<Optimizer> optimizer;  ///< a copy
  Dataset data;
  Index batch_size;
  bool shuffle;
  bool drop_last;
  std::vector<CallbackPointer> callbacks;
  /// Where the targets are scaled, they were target_mean + target_deviation * target before.
  double target_mean = 0, target_deviation = 1;
};

/// What a teacher would say about a model.
struct Finding {
  std::string rule;   ///< a stable name, such as "bias_under_normalization"
  std::string where;  ///< the path of a layer, or "model", "data", "optimizer"
  std::string what;   ///< what was found, with its numbers
  std::string why;    ///< one sentence, with its source
  std::string cure;   ///< as code
  /// What the cure changed when it was tried: "loss after 20 steps 2.31 -> 0.84". Empty if it was not tried.
  std::string gain{};
  /// The cure, applied: a copy of the optimizer and the data with it, and a model made anew if its layers change. If
  /// only weights do, these are the ones of `model`. The model and options are those of `diagnose`, with data and
  /// optimizer. Throws ValueError if the cure is for the user to apply.
  TrainingSetup apply(Layer& model, const DiagnoseOptions& options) const;

  /// How `apply` does it; false where it cannot. All remedies are equal in comparisons.
  struct Remedy {
    std::function<bool(TrainingSetup&)> apply{};
    friend bool operator==(const Remedy&, const Remedy&) { return true; }
  };
  Remedy remedy{};

  friend bool operator==(const Finding&, const Finding&) = default;
};

struct DiagnoseOptions {
  Index batch_size = 32;
  const Dataset* dataset = nullptr;      ///< for training; without it the rules that need data are left out
  const Optimizer* optimizer = nullptr;  ///< without it the rules that need one are left out
  Loss loss{};             ///< by name or any function; the default one for the data, of classes without data
  Index steps = 0;         ///< of training before the first evaluation; 0: one epoch of the data
  bool drop_last = false;  ///< whether a last batch that is not full is left out
  bool shuffle = true;     ///< whether the samples are shuffled in every epoch
  /// Those of `fit` that change a step, as a schedule or clipping. They are called in trial steps, so leave out those
  /// that write files or remember what they saw.
  std::vector<CallbackPointer> callbacks{};
  double seconds = 1;  ///< for all trials, roughly: the size of the network decides between 5 and 40 steps for each
  Index gradient_accumulation_steps = 1;  ///< as in FitOptions
  const Dataset* validation = nullptr;    ///< compared with the data: overlap, scale, classes
  bool overfit_one_batch = false;         ///< tries whether the network learns one batch by heart
  bool zero_inputs = false;               ///< tries whether it learns more from the inputs than from inputs of 0
};

/// Reads the model and, if it gets data, trains a few steps by `fit`, with a clone of the optimizer, the loss,
/// penalties, batches and callbacks of the training (without an optimizer with Adam's defaults). Cures that can be
/// applied are tried by the same steps, and then in trials of three times as many with other weights, batches and
/// masks: one that does not help is not advised, and of several that help the best is, with what it gained. Weights
/// that are as initializers give them are drawn anew for the trials, so findings do not depend on their seed. What
/// follows from another finding is not a finding. The rules, and when they speak:
///
/// Normalization:
/// - small_batch: batch normalization (not renormalization) with a batch of 1 to 8.
/// - last_batch_of_one: batch normalization, and the last batch of the data has one sample.
/// - small_last_batch: the same with 2 to 4 samples, or with up to 1/8 of a batch if leaving it out is tried and helps.
/// - unmoved_statistics: more than 70 % of their initial values (momentum^steps, without warm_up) is left in the
///   moving statistics when they are first used and, if it can be tried, the loss in inference is 25 % higher by that.
/// - momentum_of_the_new_value: a momentum up to 0.5, as PyTorch's 0.1 that means 0.9 here.
/// - epsilon_above_variance: epsilon above 4 times the variance of the inputs.
/// - bias_under_normalization: a Dense with a bias, without activation, directly before batch normalization.
/// - dropout_before_normalization: Dropout directly before batch normalization.
/// - few_values_per_statistic: layer, group or instance normalization over 1 or 2 values.
/// - weight_decay_on_normalization: gamma or beta is decayed. high_weight_decay: less decay helps.
///
/// Structure:
/// - nothing_to_train: no weights, or all frozen.
/// - probabilities_as_logits: softmax or sigmoid before a cross-entropy that takes logits.
/// - activation_on_logits: relu, tanh or another activation there.
/// - outputs_out_of_range: an activation at the end, and targets of a regression beyond its range.
/// - hidden_softmax: softmax before other layers.
/// - linear_stack: no activation between two Dense layers, of which the first is not narrower than its surroundings.
/// - dropout_on_outputs: Dropout as the last layer. high_dropout: a rate above 0.7.
/// - equal_units: a hidden Dense with equal columns, such as zeros. Not zeros that become unequal in the first step, as
///   at the end of a residual branch.
/// - penalty_above_loss: regularizers that give more than the loss of outputs of 0.
///
/// Data:
/// - data_not_scaled: a feature with |mean| or standard deviation above 10, or with |mean| above 3 and above 5 standard
///   deviations; or the largest deviation below 0.01; or, of up to 100 features, a quarter with less than 1/100 of the
///   largest. Not where the first kernel gets others. targets_not_scaled: targets far from 0 or with a deviation below
///   0.01 in this sense, in a regression by a named loss.
/// - wild_value: one value that makes 10 times the deviation of its feature, or 3 times that of its target.
/// - inputs_not_used: all samples have the same inputs, or the first kernel gets the same of all.
/// - missing_class: a class without samples. class_imbalance: more than 90 % of one class, without weights.
/// - sorted_data: samples in the order of their classes or targets, without shuffling. duplicates: many samples that
/// are equal.
/// - validation_overlap: validation samples that are among the training data. validation_scaled_otherwise: validation
///   data of another scale.
///
/// First steps, where the loss does not fall well:
/// - diverging_loss: a step's loss that is not finite, or 10 times that of the start, and does not come back, in the
///   first steps or in three times as many; or a loss that falls below 0 without end.
/// - no_gradients: all gradients are exactly 0.
/// - loss_at_start: an untrained classifier's loss is above 2 ln(classes) + 1 before the first step.
/// - high_learning_rate: half of the loss, or less, at a lower rate; in three times as many steps if the loss rises in
///   them. low_learning_rate: next to no progress, and much at 100 times the rate or more; or a schedule takes the rate
///   below 1/5 in these steps.
/// - vanishing_gradients, exploding_gradients: the root mean square of the first kernel's gradient is below 1/50
///   of that of the last hidden kernel, or above 1000 times.
/// - dead_units: more than half of a layer's ReLUs, of more than 8, are 0 for every sample after these steps.
/// - saturated_units: more than half of the outputs of a hidden sigmoid or tanh are beyond 0.99 of its range.
///
/// On request, where nothing before explains the training:
/// - batch_not_learnt (overfit_one_batch): 80 to 1200 steps on one batch end with more than half the loss that they
///   end with if the inputs are 0.
/// - inputs_not_used (zero_inputs): 24 to 360 steps end with 0.97 of that loss, or more, on samples that were left out.
///
/// "Directly" is what was called so, within layers of your own too; Flatten does not count. A function that ends the
/// `forward` of your layer is seen as well. Frozen batch normalizations
/// are as any other affine layer. Without steps, and so without the rules that need them, are: a custom optimizer that
/// has no `clone`, and batch normalization with batches of 1. Cures that change layers are tried where `make_layer` can
/// make the model and the optimizer has not taken a step.
/// All is as before afterwards: weights, gradients, buffers, the optimizer, the default generator. The same model and
/// data give the same findings.
/// Throws StateError if the model is not built, ValueError for a batch size that the data do not allow, and what `fit`
/// throws.
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
