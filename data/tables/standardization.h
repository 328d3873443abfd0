#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

/// Shifts and scales every element of a sample to mean 0 and standard deviation 1 over the training data:
///
///     const Standardization standardize(train);
///     train = standardize(train);
///     test = standardize(test);  // with the statistics of the training data
///
/// y = (x - mean) / standard_deviation, with the biased standard deviation (divided by N), as StandardScaler in
/// scikit-learn. Elements that are constant over the training data are only shifted. Weights are ignored.
/// Several threads: all const functions may run at the same time.
class Standardization {
 public:
  explicit Standardization(const Dataset& train);

  /// The same samples, standardized, with their labels and weights. Bytes are first converted to byte / 255.
  /// Throws ShapeError unless the sample shape is that of the training data.
  Dataset operator()(const Dataset& data) const;

  /// In the shape of a sample.
  const Tensor& mean() const { return mean_; }
  /// In the shape of a sample; 1 for constant elements.
  const Tensor& standard_deviation() const { return standard_deviation_; }

 private:
  Tensor mean_;
  Tensor standard_deviation_;
};

}  // namespace gradus::inline GRADUS_PRECISION
