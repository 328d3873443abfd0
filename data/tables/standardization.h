#pragma once

#include <gradus/data/dataset.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Shifts and scales every element of a sample to mean 0 and standard deviation 1 over the training data:
///
///     const Standardization standardize(train);
///     train = standardize(train);
///     test = standardize(test);  // with the statistics of the training data
///
/// y = (x - mean) / standard_deviation, with the biased standard deviation (divided by N), as StandardScaler in
/// scikit-learn, in double precision, before anything is rounded to Real. Elements that are constant over the training
/// data are only shifted. Weights are ignored. `save_preprocessing` keeps the statistics for a trained model.
/// Several threads: all const functions may run at the same time.
class Standardization {
 public:
  explicit Standardization(const Dataset& train);
  /// The statistics of a sample of this shape. Throws ShapeError for other sizes, ValueError unless they are finite and
  /// the deviations positive.
  Standardization(const Shape& sample_shape, std::vector<double> means, std::vector<double> standard_deviations);

  /// The same samples, standardized, with their labels and weights. Bytes are first converted to byte / 255.
  /// Throws ShapeError unless the sample shape is that of the training data.
  Dataset operator()(const Dataset& data) const;

  const std::vector<double>& means() const { return means_; }
  /// 1 for constant elements.
  const std::vector<double>& standard_deviations() const { return standard_deviations_; }
  /// The same, rounded, in the shape of a sample.
  Tensor mean() const;
  Tensor standard_deviation() const;

 private:
  Shape sample_shape_;
  std::vector<double> means_;
  std::vector<double> standard_deviations_;
};

}  // namespace gradus::inline GRADUS_PRECISION
