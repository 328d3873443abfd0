#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

/// Moves and scales every element of a sample so that over the training data its mean is 0 and its deviation 1:
///
///     const Standardization standardize(train);
///     train = standardize(train);
///     test = standardize(test);  // with the numbers of the training data: the test stays unseen
///
/// y = (x - mean) / deviation, the deviation biased (divided by N), as scikit-learn's StandardScaler. What is constant
/// over the training data is only moved. Weights play no part.
class Standardization {
 public:
  explicit Standardization(const Dataset& train);

  /// The same samples standardized, with their labels and weights. Bytes become byte / 255 first.
  /// Throws ShapeError unless their shape is that of the training data.
  Dataset operator()(const Dataset& data) const;

  /// Per element, in the shape of a sample.
  const Tensor& mean() const { return mean_; }
  /// What is divided by: 1 for what is constant.
  const Tensor& deviation() const { return deviation_; }

 private:
  Tensor mean_;
  Tensor deviation_;
};

}  // namespace gradus::inline GRADUS_PRECISION
