#pragma once

#include <gradus/autograd/variable.h>

#include <functional>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct GradientCheckOptions {
  double step = sizeof(Real) == 8 ? 1e-5 : 1e-2;  ///< of the central differences
  double relative_tolerance = sizeof(Real) == 8 ? 1e-6 : 1e-2;
  double absolute_tolerance = sizeof(Real) == 8 ? 1e-6 : 1e-2;
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
/// `f` takes variables in the order of `inputs` and must be deterministic. Use small shapes, and the double build: link
/// gradus::gradus_double. Differences in float are coarse, so the float build finds only errors above one percent.
GradientCheck check_gradients(const std::function<Variable(const std::vector<Variable>&)>& f,
                              const std::vector<Tensor>& inputs, const GradientCheckOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
