#pragma once

#include <gradus/data/tables/standardization.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Standardization as the first layer of a model, which then takes inputs as they are, also from a file:
///
///     Sequential model{Input{4}, Standardize{Standardization(train)}, Dense{16}, ...};
///     fit(model, optimizer, train);  // not standardized before
///
/// y = (x - mean) / standard_deviation, of every element of a sample. Buffers, in the shape of a sample: mean,
/// standard_deviation; nothing moves them. As Keras's Normalization after adapt(train), which has a variance.
/// Inputs and statistics are rounded to Real first: standardize features that are large beside their deviation, such as
/// timestamps, with `Standardization` itself, which computes in double precision.
class Standardize : public Layer {
 public:
  /// Mean 0 and standard deviation 1, until weights are loaded.
  Standardize() = default;
  /// Throws ShapeError, when it is built, for samples of another shape.
  explicit Standardize(const Standardization& statistics)
      : initial_mean_(statistics.mean()), initial_deviation_(statistics.standard_deviation()) {}

 protected:
  Variable forward(const Variable& x, Mode mode) override;
  void create_parameters(const Shape& input_shape) override;

 private:
  Tensor initial_mean_;  // empty if there are none
  Tensor initial_deviation_;
  Buffer* mean_ = nullptr;
  Buffer* standard_deviation_ = nullptr;
};

}  // namespace gradus::inline GRADUS_PRECISION
