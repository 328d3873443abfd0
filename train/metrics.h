#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/history.h>
#include <gradus/train/loss.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A number that tells how good a model's outputs are, beside the loss. By name, or any function that returns the mean
/// over the samples of a batch, with a name and whether higher or lower is better:
///
///     fit(model, optimizer, train, {.metrics = {"accuracy", {"top_5", [](const Tensor& outputs, const Batch& batch) {
///       return top_k_accuracy(outputs, batch.labels, 5);
///     }, Better::higher}}});
class Metric {
 public:
  using Function = std::function<double(const Tensor& outputs, const Batch& batch)>;

  /// By name:
  /// - accuracy: the share of samples whose label (N) is the class of the largest of K outputs; with one output a
  ///   sample, and with binary_cross_entropy, it is binary_accuracy.
  /// - binary_accuracy: the share of outputs on the same side of `Loss::threshold` as their targets are of 0.5. Throws
  ///   ValueError for a custom loss, whose threshold is not known.
  /// - mean_absolute_error, mean_squared_error: of outputs and targets.
  /// Throws ValueError, suggesting the nearest, for any other name.
  Metric(const std::string& name);
  Metric(const char* name) : Metric(std::string(name)) {}
  /// Throws ValueError for a null function, and for a name that is empty or has commas, quotes or line breaks.
  Metric(std::string name, Function function, Better better);

  const std::string& name() const { return name_; }
  Better better() const { return better_; }
  /// The mean over a batch, of outputs that were trained with a loss of this threshold.
  double operator()(const Tensor& outputs, const Batch& batch, double threshold) const;

 private:
  std::string name_;
  std::function<double(const Tensor& outputs, const Batch& batch, double threshold)> function_;
  Better better_ = Better::lower;
};

/// The metrics that `fit` and `evaluate` take if none are given: accuracy of class scores and logits, and of one output
/// for two classes; mean_absolute_error of other outputs that are compared with targets. None for a custom loss,
/// but accuracy where there is an output for each class.
std::vector<Metric> default_metrics(const Loss& loss, Index classes, const Shape& output_shape);

/// Means over the samples of a data set.
struct Metrics {
  static constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

  double loss = not_measured;
  double accuracy = not_measured;             ///< the metric of this name, if it is measured
  double mean_absolute_error = not_measured;  ///< likewise
  History::Row values{};                      ///< all metrics, in their order

  void visit_state(Archive& archive);
  /// A metric by name. Throws ValueError, suggesting the nearest, for an unknown one.
  double operator[](std::string_view name) const;
};

/// The classes that the rows of logits or class scores (N, K) predict: each that of its largest element, the first
/// of equal ones. A single logit, (N, 1), predicts class 1 if it is above 0, otherwise for class 0. NaN for
/// rows with a NaN, which predict no class.
Tensor predicted_classes(const Tensor& logits);

/// How many rows of `logits` (N, K), or (N, 1) for two classes, predict their label (N).
Index count_correct(const Tensor& logits, const Tensor& labels);

/// What a batch counts in the mean loss of several: its samples, or the sum of their weights.
double total_weight(const Batch& batch);

/// Metrics of batches put together, as of one large batch: exact for a short last batch and for weighted samples.
class RunningMetrics {
 public:
  /// Of outputs of this shape, for so many classes, with the default loss and the default metrics where none are given.
  /// Throws ValueError if two metrics have one name, or one has that of another number of `History`.
  RunningMetrics(const Loss& loss, const std::vector<Metric>& metrics, Index classes, const Shape& output_shape);

  const Loss& loss() const { return loss_; }

  /// Forgets all batches.
  void reset();
  /// `loss` is the mean over the batch. Weights count in the loss only (Keras: metrics, not weighted_metrics).
  void add(double loss, const Tensor& outputs, const Batch& batch);
  /// The sum of the weights that were added.
  double weight() const { return weight_; }
  /// Of what was added.
  void visit_state(Archive& archive);
  /// NaN where nothing was added. Valid until the next call.
  const Metrics& means();

 private:
  Loss loss_;
  std::vector<Metric> metrics_;
  double weight_ = 0;
  double samples_ = 0;
  double loss_sum_ = 0;       // of loss times weight
  std::vector<double> sums_;  // of the metrics, times samples
  Metrics means_;
};

}  // namespace gradus::inline GRADUS_PRECISION
