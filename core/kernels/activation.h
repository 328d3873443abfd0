#pragma once  // internal

#include <gradus/core/real.h>

#include <span>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// An elementwise function that can be fused with others, as loops over n numbers. `forward` may run in place.
struct ActivationFunction {
  std::string_view name;
  bool from_output;  ///< `backward` wants the function's output y; otherwise its input x
  Real parameter;    ///< slope or alpha of the functions that have one
  void (*forward)(const Real* x, Real* y, Index n, Real parameter);
  /// dx = dy f'(x). May write over dy.
  void (*backward)(const Real* x_or_y, const Real* dy, Real* dx, Index n, Real parameter);
};

/// All activations, by name: linear, relu, leaky_relu, elu, sigmoid, tanh, softplus, gelu, silu.
std::span<const ActivationFunction> activation_functions();

/// The activation of that name. Throws ValueError, starting with [context], that suggests the nearest name.
const ActivationFunction& activation_function(std::string_view context, std::string_view name);

}  // namespace gradus::inline GRADUS_PRECISION
