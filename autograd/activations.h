#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;

// Elementwise, for any shape; formulas as in Keras and PyTorch.

/// max(0, x).
Variable relu(const Variable& x);
/// x for x > 0, negative_slope x otherwise. Throws ValueError unless the slope is positive.
Variable leaky_relu(const Variable& x, Real negative_slope = Real(0.2));
/// x for x > 0, alpha (exp(x) - 1) otherwise. Throws ValueError unless alpha is positive.
Variable elu(const Variable& x, Real alpha = 1);
/// 1 / (1 + exp(-x)).
Variable sigmoid(const Variable& x);
Variable tanh(const Variable& x);
/// log(1 + exp(x)).
Variable softplus(const Variable& x);
/// x Phi(x) with the exact normal distribution function Phi, not the tanh approximation.
Variable gelu(const Variable& x);
/// x sigmoid(x), also known as swish.
Variable silu(const Variable& x);

/// Any of the above, as returned by `activation_function(context, name)`.
Variable activate(const Variable& x, const ActivationFunction& function);

}  // namespace gradus::inline GRADUS_PRECISION
