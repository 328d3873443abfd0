#pragma once

#include <gradus/layers/convolution/window.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Repeats each position of an image: y[n, i, j, c] = x[n, i / height, j / width, c], (N, height, width, channels) to
/// (N, height size, width size, channels). Throws ShapeError, starting with [context], unless x has four axes.
Variable up_sampling_2d(const Variable& x, Size2D size, std::string_view context = "up_sampling2d");

/// See `up_sampling_2d`. No weights. As Keras's UpSampling2D and PyTorch's Upsample, for nearest neighbours.
class UpSampling2D : public Layer {
 public:
  /// Throws ValueError for a size below 1.
  explicit UpSampling2D(Size2D size = 2);

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;

 private:
  Size2D size_;
};

}  // namespace gradus::inline GRADUS_PRECISION
