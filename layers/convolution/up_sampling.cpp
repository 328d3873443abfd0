#include <gradus/layers/convolution/up_sampling.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls body(element of the small image, element of the large one) for the channels of all positions of the large one.
template <class Body>
void for_positions(const Shape& small, Size2D size, Body body) {
  const Index width = small[2];
  const Index channels = small[3];
  const Index large_width = width * size.width;
  const double cost = nanoseconds_per_element * static_cast<double>(size.height * large_width * channels);
  parallel_for(small[0] * small[1], cost, [&](Index first, Index last) {
    for (Index line = first * size.height; line < last * size.height; ++line) {
      for (Index j = 0; j < large_width; ++j) {
        body((line / size.height * width + j / size.width) * channels, (line * large_width + j) * channels);
      }
    }
  });
}

}  // namespace

Variable up_sampling_2d(const Variable& x, Size2D size, std::string_view context) {
  check_size(context, "size", size);
  const Shape& shape = x.shape();
  check<ShapeError>(shape.rank() == 4, "[{}] expected images (N, height, width, channels), got {}", context, shape);
  const Index channels = shape[3];
  Tensor y = Tensor::empty({shape[0], shape[1] * size.height, shape[2] * size.width, channels});
  for_positions(shape, size,
                [&](Index from, Index to) { std::copy_n(x.value().data() + from, channels, y.data() + to); });
  return record("up_sampling2d", y, {x}, [shape, size](const Tensor& dy, Gradients& d) {
    Tensor dx = d.out(0);
    dx.fill(0);
    for_positions(shape, size, [&](Index to, Index from) {
      const Real* const g = dy.data() + from;
      Real* const sum = dx.data() + to;
#pragma omp simd
      for (Index c = 0; c < shape[3]; ++c) sum[c] += g[c];
    });
  });
}

UpSampling2D::UpSampling2D(Size2D size) : size_(size) { check_size("up_sampling2d", "size", size); }

Config UpSampling2D::config() const { return {type(), {{"size", Shape{size_.height, size_.width}}}, {}}; }

Variable UpSampling2D::forward(const Variable& x, Mode) { return up_sampling_2d(x, size_, name()); }

}  // namespace gradus::inline GRADUS_PRECISION
