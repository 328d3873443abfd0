#include <gradus/layers/convolution/pooling_kernels.h>

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/strips.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The positions [begin, end) of the image that window o covers.
struct Covered {
  Covered(const Window& w, Index o)
      : begin(std::max<Index>(o * w.stride - w.before, 0)), end(std::min(o * w.stride - w.before + w.size, w.input)) {}

  Index size() const { return end - begin; }

  Index begin;
  Index end;
};

/// Calls body(image, offset of the window in the output of its image, lines, columns) for all windows of the images
/// [first, last).
template <class Body>
void for_windows(Index first, Index last, const Window& down, const Window& across, Body body) {
  for (Index image = first; image < last; ++image) {
    for (Index i = 0; i < down.output; ++i) {
      const Covered lines(down, i);
      for (Index j = 0; j < across.output; ++j) body(image, i * across.output + j, lines, Covered(across, j));
    }
  }
}

/// The same in parallel, with the number of positions in an image and in its output.
template <class Body>
void for_all_windows(const Tensor& images, const Window& down, const Window& across, Body body) {
  const Index channels = images.shape()[3];
  const double cost =
      nanoseconds_per_element * static_cast<double>(down.output * down.size * across.output * across.size * channels);
  parallel_for(images.shape()[0], cost, [&](Index first, Index last) { for_windows(first, last, down, across, body); });
}

/// Calls body(offset of the position in its image) for the positions of a window, by lines.
template <class Body>
void for_positions(const Covered& lines, const Covered& columns, Index width, Body body) {
  for (Index i = lines.begin; i < lines.end; ++i) {
    for (Index j = columns.begin; j < columns.end; ++j) body(i * width + j);
  }
}

}  // namespace

void pool_maximum(const Tensor& x, const Window& down, const Window& across, Tensor& y) {
  const Index channels = x.shape()[3];
  for_all_windows(x, down, across, [&](Index image, Index window, const Covered& lines, const Covered& columns) {
    const Real* const from = x.data() + image * down.input * across.input * channels;
    Real* const to = y.data() + (image * down.output * across.output + window) * channels;
    std::copy_n(from + (lines.begin * across.input + columns.begin) * channels, channels, to);
    for_positions(lines, columns, across.input, [&](Index position) {
      const Real* const in = from + position * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) to[c] = in[c] > to[c] || std::isnan(in[c]) ? in[c] : to[c];
    });
  });
}

void pool_maximum_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Window& down, const Window& across,
                           Tensor& dx) {
  const Index channels = x.shape()[3];
  dx.fill(0);
  for_all_windows(x, down, across, [&](Index image, Index window, const Covered& lines, const Covered& columns) {
    const Index start = image * down.input * across.input * channels;
    const Index at = (image * down.output * across.output + window) * channels;
    for (Index first = 0; first < channels; first += strip) {
      const Index width = std::min(strip, channels - first);
      const Real* const maximum = y.data() + at + first;
      Real rest[strip];  // the gradient that has not met its maximum yet
      std::copy_n(dy.data() + at + first, width, rest);
      for_positions(lines, columns, across.input, [&](Index position) {
        const Real* const in = x.data() + start + position * channels + first;
        Real* const to = dx.data() + start + position * channels + first;
#pragma omp simd
        for (Index c = 0; c < width; ++c) {
          const bool hit = in[c] == maximum[c] || std::isnan(in[c]);
          to[c] += hit ? rest[c] : 0;
          rest[c] = hit ? 0 : rest[c];
        }
      });
    }
  });
}

void pool_mean(const Tensor& x, const Window& down, const Window& across, bool count_padding, Tensor& y) {
  const Index channels = x.shape()[3];
  for_all_windows(x, down, across, [&](Index image, Index window, const Covered& lines, const Covered& columns) {
    const Real* const from = x.data() + image * down.input * across.input * channels;
    Real* const to = y.data() + (image * down.output * across.output + window) * channels;
    const Index count = count_padding ? down.size * across.size : lines.size() * columns.size();
    std::fill_n(to, channels, Real{0});
    for_positions(lines, columns, across.input, [&](Index position) {
      const Real* const in = from + position * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) to[c] += in[c];
    });
#pragma omp simd
    for (Index c = 0; c < channels; ++c) to[c] /= static_cast<Real>(count);
  });
}

void pool_mean_backward(const Tensor& dy, const Window& down, const Window& across, bool count_padding, Tensor& dx) {
  const Index channels = dx.shape()[3];
  dx.fill(0);
  for_all_windows(dx, down, across, [&](Index image, Index window, const Covered& lines, const Covered& columns) {
    Real* const to = dx.data() + image * down.input * across.input * channels;
    const Real* const g = dy.data() + (image * down.output * across.output + window) * channels;
    const Index count = count_padding ? down.size * across.size : lines.size() * columns.size();
    for_positions(lines, columns, across.input, [&](Index position) {
      Real* const out = to + position * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) out[c] += g[c] / static_cast<Real>(count);
    });
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
