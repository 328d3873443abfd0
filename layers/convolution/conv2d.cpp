#include <gradus/layers/convolution/conv2d.h>

#include <gradus/autograd/activations.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/layers/convolution/convolution_kernels.h>
#include <gradus/layers/convolution/depthwise_kernels.h>
#include <gradus/layers/initializers.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct Kernels {
  decltype(&convolve) forward;
  decltype(&convolve_backward_input) backward_input;
  decltype(&convolve_backward_kernel) backward_kernel;
};

constexpr Kernels general{convolve, convolve_backward_input, convolve_backward_kernel};
constexpr Kernels depthwise{convolve_depthwise, convolve_depthwise_backward_input, convolve_depthwise_backward_kernel};

ConvolutionWindows windows_of(std::string_view context, const Variable& x, const Variable& kernel,
                              const ConvolutionGeometry& geometry) {
  check<ShapeError>(
      x.shape().rank() == 4 && kernel.shape().rank() == 4,
      "[{}] expected images (N, height, width, channels) and a kernel (height, width, channels, outputs), "
      "got {} and {}; Reshape adds the channels of gray images",
      context, x.shape(), kernel.shape());
  const Index channels = x.shape()[3];
  const Index outputs = kernel.shape()[3];
  const Index groups = geometry.groups;
  check<ShapeError>(groups >= 1 && channels % groups == 0 && outputs % groups == 0,
                    "[{}] expected groups that divide the {} channels and the {} outputs, got {}", context, channels,
                    outputs, groups);
  check<ShapeError>(kernel.shape().size() > 0 && kernel.shape()[2] == channels / groups,
                    "[{}] expected a kernel for {} channels in {} group(s), that is (height, width, {}, outputs), got "
                    "{}",
                    context, channels, groups, channels / groups, kernel.shape());
  const auto place = [&](const char* axis, int at, Index stride, Index dilation) {
    return place_windows(
        context, axis, {.input = x.shape()[at + 1], .size = kernel.shape()[at], .stride = stride, .dilation = dilation},
        geometry.padding);
  };
  return {place("height", 0, geometry.strides.height, geometry.dilation_rate.height),
          place("width", 1, geometry.strides.width, geometry.dilation_rate.width), groups};
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& kernel, const Variable& bias, const ConvolutionGeometry& geometry,
                std::string_view context) {
  check_size(context, "strides", geometry.strides);
  check_size(context, "dilation_rate", geometry.dilation_rate);
  check_padding(context, geometry.padding);
  const ConvolutionWindows windows = windows_of(context, x, kernel, geometry);
  const Index outputs = kernel.shape()[3];
  check<ShapeError>(!bias.defined() || bias.shape() == Shape{outputs}, "[{}] expected a bias of shape ({},), got {}",
                    context, outputs, bias.shape());
  const bool by_channel = windows.groups == x.shape()[3] && windows.groups == outputs && outputs > 1;
  const Kernels& kernels = by_channel ? depthwise : general;
  Tensor y = Tensor::empty({x.shape()[0], windows.down.output, windows.across.output, outputs});
  kernels.forward(x.value(), kernel.value(), bias.value_if_any(), windows, y);
  return record("conv2d", y, {x, kernel, bias},
                [=, x = x.value(), kernel = kernel.value()](const Tensor& dy, Gradients& d) {
                  if (d.wanted(2)) d.set(2, reduce_sum(dy, {true, true, true, false}).reshape({outputs}));
                  if (d.wanted(1)) {
                    Tensor dkernel = d.out(1);
                    kernels.backward_kernel(x, dy, windows, dkernel);
                  }
                  if (d.wanted(0)) {
                    Tensor dx = d.out(0);
                    kernels.backward_input(dy, kernel, windows, dx);
                  }
                });
}

Conv2D::Conv2D(Index filters, Size2D kernel_size, const Conv2DOptions& options)
    : Conv2D("conv2d", kernel_size, options) {
  check(filters >= 1, "[conv2d] expected at least 1 filter, got {}", filters);
  check(options.groups >= 1 && filters % options.groups == 0,
        "[conv2d] expected groups that divide the {} filters, got {}", filters, options.groups);
  filters_ = filters;
}

Conv2D::Conv2D(std::string_view context, Size2D kernel_size, const Conv2DOptions& options)
    : kernel_size_(kernel_size), options_(options), activation_(&activation_function(context, options.activation)) {
  check_size(context, "kernel_size", kernel_size);
  check_size(context, "strides", options.strides);
  check_size(context, "dilation_rate", options.dilation_rate);
  check_padding(context, options.padding);
  check_initializer(context, options.kernel_initializer);
  check_initializer(context, options.bias_initializer);
  if (activation_->name == "linear") activation_ = nullptr;
}

Config Conv2D::config() const {
  Config config = config_without_filters();
  config.options.insert(config.options.begin(), {"filters", filters_});
  return config;
}

Config Conv2D::config_without_filters() const {
  Config config = config_of(type(), options_);
  config.options.insert(config.options.begin(), {"kernel_size", Shape{kernel_size_.height, kernel_size_.width}});
  return config;
}

void Conv2D::create_parameters(const Shape& input_shape) {
  check<ShapeError>(input_shape.rank() == 3 && input_shape[2] >= 1,
                    "[{}] expected images (N, height, width, channels), got samples of shape {}; put a Reshape before "
                    "it",
                    name(), input_shape);
  const Index channels = input_shape[2];
  const Index filters = filters_ == 0 ? channels : filters_;
  const Index groups = filters_ == 0 ? channels : options_.groups;
  check<ShapeError>(channels % groups == 0, "[{}] expected channels that the {} groups divide, got {}", name(), groups,
                    channels);
  const Index inputs = channels / groups;
  const Shape shape{kernel_size_.height, kernel_size_.width, inputs, filters};  // throws before a product overflows
  const Index positions = kernel_size_.height * kernel_size_.width;
  const Fans fans{positions * inputs, positions * filters};
  kernel_ = &add_weight("kernel", initial_values(name(), options_.kernel_initializer, shape, fans));
  if (!options_.use_bias) return;
  bias_ = &add_weight("bias", initial_values(name(), options_.bias_initializer, {filters}, fans));
}

Variable Conv2D::forward(const Variable& x, Mode) {
  const Variable y = conv2d(
      x, *kernel_, bias_ == nullptr ? Variable{} : Variable(*bias_),
      {options_.strides, options_.padding, options_.dilation_rate, filters_ == 0 ? x.shape()[-1] : options_.groups},
      name());
  return activation_ == nullptr ? y : activate(y, *activation_);
}

DepthwiseConv2D::DepthwiseConv2D(Size2D kernel_size, const Conv2DOptions& options)
    : Conv2D("depthwise_conv2d", kernel_size, options) {
  check(options.groups == 1, "[depthwise_conv2d] expected no groups, as each channel is one, got {}", options.groups);
}

Config DepthwiseConv2D::config() const { return config_without_filters(); }

}  // namespace gradus::inline GRADUS_PRECISION
