#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;

/// An activation by name: linear, relu, leaky_relu, elu, sigmoid, tanh, softplus, gelu, silu, softmax.
class Activation : public Layer {
 public:
  /// Throws ValueError, suggesting the nearest, for an unknown name.
  explicit Activation(std::string function);

  /// Null for softmax, which is not elementwise.
  const ActivationFunction* function() const { return function_; }

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  std::string name_of_function_;
  const ActivationFunction* function_;
};

}  // namespace gradus::inline GRADUS_PRECISION
