#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;

struct DenseOptions {
  std::string activation = "linear";
  bool use_bias = true;  ///< not needed right under a normalization, whose beta does the same
  std::string kernel_initializer = "glorot_uniform";
  std::string bias_initializer = "zeros";
  Regularizer kernel_regularizer{};  ///< {.l2 = 1e-4} adds 1e-4 sum(kernel^2) to what `regularization` gives
  Regularizer bias_regularizer{};

  /// PyTorch's initial values: kernel and bias U(+-1/sqrt(inputs)).
  static DenseOptions pytorch() { return {.kernel_initializer = "torch_uniform", .bias_initializer = "torch_uniform"}; }
};

/// y = activation(x kernel + bias): (N, inputs) to (N, units). Weights: kernel (inputs, units), bias (units).
/// As Keras's Dense and PyTorch's Linear (whose weight is the kernel transposed).
class Dense : public Layer {
 public:
  /// Throws ValueError for fewer than 1 unit and for unknown names, and for regularizers out of range.
  explicit Dense(Index units, const DenseOptions& options = {});

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;
  void create_parameters(const Shape& input_shape) override;

 private:
  Index units_;
  DenseOptions options_;
  const ActivationFunction* activation_;  // null for linear
  Parameter* kernel_ = nullptr;
  Parameter* bias_ = nullptr;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(DenseOptions& options, Visitor& visitor) {
  visitor("activation", options.activation);
  visitor("use_bias", options.use_bias);
  visitor("kernel_initializer", options.kernel_initializer);
  visitor("bias_initializer", options.bias_initializer);
  visitor("kernel_l1", options.kernel_regularizer.l1);
  visitor("kernel_l2", options.kernel_regularizer.l2);
  visitor("bias_l1", options.bias_regularizer.l1);
  visitor("bias_l2", options.bias_regularizer.l2);
}

}  // namespace gradus::inline GRADUS_PRECISION
