#pragma once

#include <gradus/autograd/variable.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A penalty on large weights, l1 sum |w| + l2 sum w^2: Keras's L1L2.
struct Regularizer {
  double l1 = 0;
  double l2 = 0;

  bool defined() const { return l1 != 0 || l2 != 0; }
};

/// Throws ValueError, naming context and option, unless both numbers are finite and at least 0.
void check_regularizer(std::string_view context, std::string_view option, const Regularizer& regularizer);

/// l1 sum |x| + l2 sum x^2, a single number; the derivative of |x| at 0 is 0. Throws ValueError unless both factors are
/// finite and at least 0.
Variable l1_l2(const Variable& x, const Regularizer& regularizer);

}  // namespace gradus::inline GRADUS_PRECISION
