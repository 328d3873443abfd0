#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// How often samples of each class were taken for each class.
class ConfusionMatrix {
 public:
  /// Throws ValueError for fewer than 2 classes.
  explicit ConfusionMatrix(Index classes);

  /// Counts a batch: logits or class scores (N, K), or (N, 1) for two classes, and labels (N). Throws ShapeError unless
  /// the sizes agree, ValueError for a label out of range.
  void add(const Tensor& logits, const Tensor& labels);

  Index classes() const { return classes_; }
  /// Samples of class `truth` that were taken for class `predicted`.
  Index count(Index truth, Index predicted) const;
  /// Samples of class `truth` with an output of NaN, which were taken for no class.
  Index undefined(Index truth) const;
  /// Share of the samples of a class that were taken for it. NaN if there was none.
  double recall(Index c) const;
  /// Share of the samples taken for a class that were of it. NaN if there was none.
  double precision(Index c) const;
  /// Share of all samples that were taken for their class. NaN if there was none.
  double accuracy() const;

  /// Comma-separated values: a line "true,predicted,count" for every pair of classes, after these names, and one with
  /// the class nan for each class that has outputs of NaN. Throws
  /// FileError as write_atomically does.
  void write_csv(const std::filesystem::path& path) const;

 private:
  Index classes_;
  std::vector<Index> counts_;     // (true, predicted)
  std::vector<Index> undefined_;  // (true)
};

/// A table: a row per true class, a column per predicted one, recall and precision. Without the counts where they would
/// not fit into 80 columns.
std::string to_string(const ConfusionMatrix& matrix);

/// What the model, in inference mode, takes the samples for. Throws ValueError for data without classes.
ConfusionMatrix confusion_matrix(Layer& model, const Dataset& data);

}  // namespace gradus::inline GRADUS_PRECISION
