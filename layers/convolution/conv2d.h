#pragma once

#include <gradus/layers/convolution/window.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;

/// Where the windows of a convolution lie.
struct ConvolutionGeometry {
  Size2D strides = 1;             ///< from a window to the next
  std::string padding = "valid";  ///< "valid", "same" (Keras), or a number on each side such as "1" (PyTorch)
  Size2D dilation_rate = 1;       ///< from a position in a window to the next
  Index groups = 1;               ///< the channels form so many groups, and each output sees one of them
};

/// y[n, i, j, o] = bias[o] + the sum over (a, b, c) of x[n, i s + a d - p, j s + b d - p, c] kernel[a, b, c, o], with
/// zeros outside of the image (a cross-correlation, as in Keras and PyTorch). x (N, height, width, channels), kernel
/// (height, width, channels / groups, outputs), bias (outputs) or undefined; outputs o / groups belong to group o.
/// Throws ShapeError, starting with [context], for other shapes, for groups that do not divide channels and outputs,
/// and if no window fits.
Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias,
                const ConvolutionGeometry& geometry = {}, std::string_view context = "conv2d");

struct Conv2DOptions {
  Size2D strides = 1;
  std::string padding = "valid";  ///< "valid", "same", or a number of positions on each side such as "1"
  Size2D dilation_rate = 1;
  Index groups = 1;
  std::string activation = "linear";
  bool use_bias = true;  ///< not needed right under a normalization, whose beta does the same
  std::string kernel_initializer = "glorot_uniform";
  std::string bias_initializer = "zeros";

  /// PyTorch's initial values: kernel and bias U(+-1/sqrt(inputs of an output)).
  static Conv2DOptions pytorch() {
    return {.kernel_initializer = "torch_uniform", .bias_initializer = "torch_uniform"};
  }
};

/// y = activation(convolution of x with the kernel + bias): (N, height, width, channels) to (N, ..., filters).
/// Weights: kernel (height, width, channels / groups, filters), bias (filters). As Keras's Conv2D, and PyTorch's, whose
/// weight is (filters, channels / groups, height, width). The fans of initializers count the positions of the kernel.
class Conv2D : public Layer {
 public:
  /// Throws ValueError for fewer than 1 filter, for sizes below 1 and for unknown names.
  Conv2D(Index filters, Size2D kernel_size, const Conv2DOptions& options = {});

  Config config() const override;

 protected:
  /// With as many filters and groups as the input has channels.
  Conv2D(std::string_view context, Size2D kernel_size, const Conv2DOptions& options);

  Config config_without_filters() const;
  Variable forward(const Variable& x, Mode mode) override;
  void create_parameters(const Shape& input_shape) override;

 private:
  Index filters_ = 0;  // 0: as many filters and groups as channels
  Size2D kernel_size_;
  Conv2DOptions options_;
  const ActivationFunction* activation_;  // null for linear
  Parameter* kernel_ = nullptr;
  Parameter* bias_ = nullptr;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(Conv2DOptions& options, Visitor& visitor) {
  visit_size("strides", options.strides, visitor);
  visitor("padding", options.padding);
  visit_size("dilation_rate", options.dilation_rate, visitor);
  visitor("groups", options.groups);
  visitor("activation", options.activation);
  visitor("use_bias", options.use_bias);
  visitor("kernel_initializer", options.kernel_initializer);
  visitor("bias_initializer", options.bias_initializer);
}

/// Each channel is convolved with a kernel of its own: Conv2D with as many groups and filters as the input has
/// channels. Weights: kernel (height, width, 1, channels), bias (channels).
class DepthwiseConv2D : public Conv2D {
 public:
  /// Throws ValueError as Conv2D, and for `groups` in the options.
  explicit DepthwiseConv2D(Size2D kernel_size, const Conv2DOptions& options = {});

  Config config() const override;
};

}  // namespace gradus::inline GRADUS_PRECISION
