#pragma once

#include <gradus/core/tensor.h>

#include <optional>
#include <vector>

namespace study {

/// How far the inputs of a layer shift while the layers before it learn ("internal covariate shift").
class InputShift {
 public:
  /// Given the inputs (N, units) from time to time: |mean - mean at the last call| / standard deviation now, averaged
  /// over the units. None at the first call.
  std::optional<double> operator()(const gradus::Tensor& x);

 private:
  std::vector<double> means_;
};

}  // namespace study
