#include <gradus/layers/activation.h>

#include <gradus/autograd/activations.h>
#include <gradus/autograd/losses.h>
#include <gradus/core/kernels/activation.h>

namespace gradus::inline GRADUS_PRECISION {

Activation::Activation(std::string function)
    : name_of_function_(std::move(function)),
      function_(name_of_function_ == "softmax" ? nullptr : &activation_function("activation", name_of_function_)) {}

Config Activation::config() const { return {type(), {{"function", name_of_function_}}, {}}; }

Variable Activation::forward(const Variable& x, Mode) {
  return function_ == nullptr ? softmax(x) : activate(x, *function_);
}

}  // namespace gradus::inline GRADUS_PRECISION
