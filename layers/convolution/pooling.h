#pragma once

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/convolution/window.h>

namespace gradus::inline GRADUS_PRECISION {

struct Pooling2DOptions {
  Size2D strides = 0;             ///< from a window to the next; 0: as far as the window is long
  std::string padding = "valid";  ///< "valid", "same", or a number of positions on each side such as "1"
};

/// The maximum of each window and channel: (N, height, width, channels) to (N, ..., channels). Positions outside of the
/// image do not count. The gradient goes to the first maximum of a window, by lines; a NaN is the maximum.
/// Throws ShapeError, starting with [context], unless x has four axes and a window fits.
Variable max_pooling_2d(const Variable& x, Size2D pool_size, const Pooling2DOptions& options = {},
                        std::string_view context = "max_pooling2d");

/// max_pooling_2d(batch_normalization(x)), with an activation that is relu or leaky_relu, in fewer passes; for windows
/// side by side that cover the images. Throws as `batch_normalization`, ShapeError for other windows and ValueError for
/// another activation.
Variable normalized_max_pooling_2d(const Variable& x, const Variable& gamma, const Variable& beta,
                                   MovingStatistics& moving, Real epsilon, Mode mode, std::string_view context,
                                   const ActivationFunction& activation, const Window& down, const Window& across);

struct AveragePooling2DOptions {
  Size2D strides = 0;
  std::string padding = "valid";
  bool count_padding = false;  ///< divide by the positions of a window, those of the padding included

  /// PyTorch's AvgPool2d, whose windows count their padding.
  static AveragePooling2DOptions pytorch() { return {.count_padding = true}; }
};

/// The mean of each window and channel. Throws as `max_pooling_2d`.
Variable average_pooling_2d(const Variable& x, Size2D pool_size, const AveragePooling2DOptions& options = {},
                            std::string_view context = "average_pooling2d");

/// See `max_pooling_2d`. No weights. As Keras's MaxPooling2D and PyTorch's MaxPool2d.
class MaxPooling2D : public Layer, public FollowsNormalization {
 public:
  /// Throws ValueError for sizes below 1 and another padding.
  explicit MaxPooling2D(Size2D pool_size = 2, const Pooling2DOptions& options = {});

  Config config() const override;
  /// For relu and leaky_relu, and windows that neither overlap nor leave anything out.
  Variable after(BatchNormalization& normalization, const ActivationFunction& activation, const Variable& x,
                 Mode mode) override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Size2D pool_size_;
  Pooling2DOptions options_;
};

/// See `average_pooling_2d`. No weights.
class AveragePooling2D : public Layer {
 public:
  /// Throws ValueError for sizes below 1 and another padding.
  explicit AveragePooling2D(Size2D pool_size = 2, const AveragePooling2DOptions& options = {});

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Size2D pool_size_;
  AveragePooling2DOptions options_;
};

/// The mean of each channel of an image: (N, height, width, channels) to (N, channels). No weights.
class GlobalAveragePooling2D : public Layer {
 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

/// The maximum of each channel of an image: (N, height, width, channels) to (N, channels). No weights.
class GlobalMaxPooling2D : public Layer {
 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(Pooling2DOptions& options, Visitor& visitor) {
  visit_size("strides", options.strides, visitor);
  visitor("padding", options.padding);
}
template <class Visitor>
void visit(AveragePooling2DOptions& options, Visitor& visitor) {
  visit_size("strides", options.strides, visitor);
  visitor("padding", options.padding);
  visitor("count_padding", options.count_padding);
}

}  // namespace gradus::inline GRADUS_PRECISION
