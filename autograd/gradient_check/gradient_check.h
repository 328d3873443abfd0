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
  double max_error = 0;  ///< maximum of |tape - numeric| over all elements
  std::string report;    ///< the worst element, its gradient on the tape and its numeric gradient
};

/// Compares the tape's gradients of y = f(inputs) with central differences, for the loss sum(y u) with a random u.
/// Many wrong formulas pass with a plain sum: the sum of a normalization is constant, so its gradient is 0. If y has at
/// most 64 elements, compares every row of the Jacobian as well.
///
/// `f` takes variables in the order of `inputs` and must be deterministic. Use the double build (`gradus_double`) and
/// small shapes: in float, differences are too coarse for these tolerances.
GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, const GradientCheckOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
