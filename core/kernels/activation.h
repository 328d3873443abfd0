#pragma once  // internal

#include <gradus/core/real.h>

#include <span>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// An elementwise function that can be fused with others, as loops over n numbers. `forward` can run in place.
struct ActivationFunction {
  std::string_view name;
  bool from_output;  ///< `backward` takes the output y of the function, otherwise its input x
  Real parameter;    ///< the slope or alpha, if the function has one
  bool rectifier;    ///< y = x for x > 0, else parameter x: computed again faster than read from memory
  void (*forward)(const Real* x, Real* y, Index n, Real parameter);
  /// dx = dy f'(x). Can run in place on dy.
  void (*backward)(const Real* x_or_y, const Real* dy, Real* dx, Index n, Real parameter);
};

/// All activations: linear, relu, leaky_relu, elu, sigmoid, tanh, softplus, gelu, silu.
std::span<const ActivationFunction> activation_functions();

/// The activation of that name. Throws ValueError with [context] and the nearest name if there is none.
const ActivationFunction& activation_function(std::string_view context, std::string_view name);

}  // namespace gradus::inline GRADUS_PRECISION
