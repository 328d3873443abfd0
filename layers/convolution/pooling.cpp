#include <gradus/layers/convolution/pooling.h>

#include <gradus/autograd/reductions/reductions.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/layers/convolution/pooling_kernels.h>

#include <typeinfo>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

Size2D strides_or(Size2D strides, Size2D pool_size) {
  return strides.height == 0 && strides.width == 0 ? pool_size : strides;
}

void check_options(std::string_view context, Size2D pool_size, Size2D strides, std::string_view padding) {
  check_size(context, "pool_size", pool_size);
  check_size(context, "strides", strides_or(strides, pool_size));
  check_padding(context, padding);
}

void check_images(std::string_view context, const Variable& x) {
  check<ShapeError>(x.shape().rank() == 4, "[{}] expected images (N, height, width, channels), got {}", context,
                    x.shape());
}

/// The windows down and across.
std::pair<Window, Window> windows_of(std::string_view context, const Variable& x, Size2D pool_size, Size2D strides,
                                     std::string_view padding) {
  check_images(context, x);
  check_options(context, pool_size, strides, padding);
  const Size2D step = strides_or(strides, pool_size);
  const auto place = [&](const char* axis, Index input, Index size, Index stride) {
    const Window window = place_windows(context, axis, {.input = input, .size = size, .stride = stride}, padding);
    check<ShapeError>(2 * window.before <= size,
                      "[{}] expected padding of at most half of the {} of a window, {}, got {}", context, axis, size,
                      window.before);
    return window;
  };
  return {place("height", x.shape()[1], pool_size.height, step.height),
          place("width", x.shape()[2], pool_size.width, step.width)};
}

/// Whether the windows lie side by side and leave nothing out.
bool tiles(const Window& w) { return w.stride == w.size && w.before == 0 && w.output * w.size == w.input; }

Tensor output_of(const Variable& x, const Window& down, const Window& across) {
  return Tensor::empty({x.shape()[0], down.output, across.output, x.shape()[3]});
}

template <class Options>
Config pooling_config(std::string type, Size2D pool_size, const Options& options) {
  Config config = config_of(std::move(type), options);
  config.options.insert(config.options.begin(), {"pool_size", Shape{pool_size.height, pool_size.width}});
  return config;
}

}  // namespace

Variable max_pooling_2d(const Variable& x, Size2D pool_size, const Pooling2DOptions& options,
                        std::string_view context) {
  const auto [down, across] = windows_of(context, x, pool_size, options.strides, options.padding);
  Tensor y = output_of(x, down, across);
  pool_maximum(x.value(), down, across, y);
  return record("max_pooling2d", y, {x},
                [down = down, across = across, x = x.value(), y](const Tensor& dy, Gradients& d) {
                  Tensor dx = d.out(0);
                  pool_maximum_backward(x, y, dy, down, across, dx);
                });
}

Variable normalized_max_pooling_2d(const Variable& x, const Variable& gamma, const Variable& beta,
                                   MovingStatistics& moving, Real epsilon, Mode mode, std::string_view context,
                                   const ActivationFunction& activation, const Window& down, const Window& across) {
  check_images(context, x);
  check<ShapeError>(tiles(down) && tiles(across) && down.input == x.shape()[1] && across.input == x.shape()[2],
                    "[{}] expected windows side by side that cover images {}, got {} x {} of {} x {}; use "
                    "max_pooling_2d for others",
                    context, x.shape(), down.output, across.output, down.size, across.size);
  check(activation.rectifier, "[{}] expected relu or leaky_relu before a pooling in the same pass, got {}", context,
        activation.name);
  const ColumnNormalization n = column_normalization(context, x, gamma, beta, moving, epsilon, mode, &activation);
  Tensor y = output_of(x, down, across);
  Tensor source = Tensor::empty(y.shape());
  pool_normalized(x.value(), n, down, across, source, y);
  return record("normalized_max_pooling2d", y, {x, gamma, beta}, [=, x = x.value()](const Tensor& dy, Gradients& d) {
    Tensor dgamma = d.out_or_scratch(1, n.mean.shape());
    Tensor dbeta = d.out_or_scratch(2, n.mean.shape());
    column_gradients(source, n, dy, dgamma, dbeta);  // elsewhere the gradient of z is 0
    if (!d.wanted(0)) return;
    Tensor dx = d.out(0);
    const Tensor none = Tensor::zeros(n.mean.shape());  // constant statistics have no gradient
    const bool training = mode == Mode::training;
    pool_normalized_backward(x, source, n, dy, training ? dgamma : none, training ? dbeta : none, down, across, dx);
  });
}

Variable average_pooling_2d(const Variable& x, Size2D pool_size, const AveragePooling2DOptions& options,
                            std::string_view context) {
  const auto [down, across] = windows_of(context, x, pool_size, options.strides, options.padding);
  Tensor y = output_of(x, down, across);
  pool_mean(x.value(), down, across, options.count_padding, y);
  return record("average_pooling2d", y, {x},
                [down = down, across = across, count = options.count_padding](const Tensor& dy, Gradients& d) {
                  Tensor dx = d.out(0);
                  pool_mean_backward(dy, down, across, count, dx);
                });
}

MaxPooling2D::MaxPooling2D(Size2D pool_size, const Pooling2DOptions& options)
    : pool_size_(pool_size), options_(options) {
  check_options("max_pooling2d", pool_size, options.strides, options.padding);
}

Config MaxPooling2D::config() const { return pooling_config(type(), pool_size_, options_); }

Variable MaxPooling2D::forward(const Variable& x, Mode) { return max_pooling_2d(x, pool_size_, options_, name()); }

Variable MaxPooling2D::after(BatchNormalization& normalization, const ActivationFunction& activation, const Variable& x,
                             Mode mode) {
  if (typeid(*this) != typeid(MaxPooling2D) || !activation.rectifier || x.shape().rank() != 4) return {};
  const auto [down, across] = windows_of(name(), x, pool_size_, options_.strides, options_.padding);
  if (!tiles(down) || !tiles(across)) return {};
  return normalization.fused(x, mode, [&, down = down, across = across](auto&&... arguments) {
    return normalized_max_pooling_2d(arguments..., activation, down, across);
  });
}

AveragePooling2D::AveragePooling2D(Size2D pool_size, const AveragePooling2DOptions& options)
    : pool_size_(pool_size), options_(options) {
  check_options("average_pooling2d", pool_size, options.strides, options.padding);
}

Config AveragePooling2D::config() const { return pooling_config(type(), pool_size_, options_); }

Variable AveragePooling2D::forward(const Variable& x, Mode) {
  return average_pooling_2d(x, pool_size_, options_, name());
}

Variable GlobalAveragePooling2D::forward(const Variable& x, Mode) {
  check_images(name(), x);
  return mean(x, {1, 2});
}

Variable GlobalMaxPooling2D::forward(const Variable& x, Mode) {
  check_images(name(), x);
  return max(x, {1, 2});
}

}  // namespace gradus::inline GRADUS_PRECISION
