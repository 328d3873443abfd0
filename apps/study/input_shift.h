#pragma once

#include <gradus/core/tensor.h>

#include <optional>
#include <vector>

namespace study {

/// Measures how far the inputs of a layer shift while the layers before it learn ("internal covariate shift").
class InputShift {
 public:
  /// Takes inputs (N, units) and returns |mean - mean of the previous call| / standard deviation, averaged over the
  /// units. Returns nothing in the first call.
  std::optional<double> operator()(const gradus::Tensor& x);

 private:
  std::vector<double> means_;
};

}  // namespace study
