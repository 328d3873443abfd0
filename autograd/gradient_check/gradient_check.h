#pragma once

#include <gradus/autograd/variable.h>

#include <functional>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct GradientCheckOptions {
  double step = 1e-5;  ///< of the central differences
  double relative_tolerance = 1e-6;
  double absolute_tolerance = 1e-6;
  std::uint64_t seed = 231;  ///< of the random upstream gradient
};

struct GradientCheck {
  bool passed = true;
  double largest_error = 0;  ///< largest |tape - numeric| over all elements
  std::string report;        ///< names the worst element, its gradient on the tape and its numeric value
};

/// Compares the tape's gradients of y = f(inputs) with central differences, for the loss sum(y u) with a random u:
/// a plain sum would pass many wrong formulas (the gradient of a normalization's sum is 0 whatever one does). If y has
/// at most 64 elements, row by row of the full Jacobian as well.
///
/// `f` takes variables in the order of `inputs`, and must be deterministic. Use the double build (`gradus_double`) and
/// tiny shapes; in float, differences are too coarse for these tolerances.
GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, const GradientCheckOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
