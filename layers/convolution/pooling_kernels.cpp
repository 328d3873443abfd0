#include <gradus/layers/convolution/pooling_kernels.h>

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/tile.h>

#include <algorithm>

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

/// Calls body(image, offset of the window in the output of its image, lines, columns) for all windows of all images, in
/// parallel. The sums of an image, if body adds to some, begin as zeros, just before, so that they stay in the cache.
template <class Body>
void for_all_windows(const Tensor& images, const Window& down, const Window& across, Real* sums, Body body) {
  const Index channels = images.shape()[3];
  const Index size = down.input * across.input * channels;
  const double cost =
      nanoseconds_per_element * static_cast<double>(down.output * down.size * across.output * across.size * channels);
  parallel_for(images.shape()[0], cost, [&](Index first, Index last) {
    for (Index image = first; image < last; ++image) {
      if (sums != nullptr) std::fill_n(sums + image * size, size, Real{0});
      for (Index i = 0; i < down.output; ++i) {
        const Covered lines(down, i);
        for (Index j = 0; j < across.output; ++j) body(image, i * across.output + j, lines, Covered(across, j));
      }
    }
  });
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
  for_all_windows(x, down, across, nullptr,
                  [&](Index image, Index window, const Covered& lines, const Covered& columns) {
                    const Real* const from = x.data() + image * down.input * across.input * channels;
                    Real* const to = y.data() + (image * down.output * across.output + window) * channels;
                    for_vectors(channels, [&](Index c, auto load, auto store) {
                      auto maximum = load(from + (lines.begin * across.input + columns.begin) * channels + c);
                      for_positions(lines, columns, across.input, [&](Index position) {
                        const auto in = load(from + position * channels + c);
                        const auto more = (in > maximum) | (in != in);  // only NaN differs from itself
                        maximum = more ? in : maximum;
                      });
                      store(to + c, maximum);
                    });
                  });
}

void pool_maximum_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Window& down, const Window& across,
                           Tensor& dx) {
  const Index channels = x.shape()[3];
  for_all_windows(dx, down, across, dx.data(),
                  [&](Index image, Index window, const Covered& lines, const Covered& columns) {
                    const Index start = image * down.input * across.input * channels;
                    const Index at = (image * down.output * across.output + window) * channels;
                    for_vectors(channels, [&](Index c, auto load, auto store) {
                      const auto maximum = load(y.data() + at + c);
                      auto rest = load(dy.data() + at + c);  // the gradient that has not met its maximum yet
                      const decltype(rest) zero{};
                      for_positions(lines, columns, across.input, [&](Index position) {
                        const auto in = load(x.data() + start + position * channels + c);
                        Real* const to = dx.data() + start + position * channels + c;
                        const auto hit = (in == maximum) | (in != in);
                        store(to, load(to) + (hit ? rest : zero));
                        rest = hit ? zero : rest;
                      });
                    });
                  });
}

namespace {

/// The factors of a normalization for all channels: z = (x - mu) scale + shift.
struct ChannelFactors {
  explicit ChannelFactors(const ColumnNormalization& n)
      : mu(n.mean),
        scale(n.gamma.defined() ? zip("scale", n.inv_std, n.gamma, times) : n.inv_std),
        shift(n.beta.defined() ? n.beta : Tensor::zeros(n.mean.shape())) {}

  template <class T, class Load>
  T z(Index c, T x, Load load) const {
    return (x - load(mu.data() + c)) * load(scale.data() + c) + load(shift.data() + c);
  }

  Tensor mu, scale, shift;
};

}  // namespace

void pool_normalized(const Tensor& x, const ColumnNormalization& n, const Window& down, const Window& across,
                     Tensor& source, Tensor& y) {
  const Index channels = x.shape()[3];
  const ChannelFactors factors(n);
  for_all_windows(x, down, across, nullptr,
                  [&, slope = n.slope](Index image, Index window, const Covered& lines, const Covered& columns) {
                    const Real* const from = x.data() + image * down.input * across.input * channels;
                    const Index at = (image * down.output * across.output + window) * channels;
                    for_vectors(channels, [&](Index c, auto load, auto store) {
                      auto top = load(from + (lines.begin * across.input + columns.begin) * channels + c);
                      auto maximum = factors.z(c, top, load);
                      for_positions(lines, columns, across.input, [&](Index position) {
                        const auto in = load(from + position * channels + c);
                        const auto z = factors.z(c, in, load);
                        const auto more = (z > maximum) | (z != z);
                        maximum = more ? z : maximum;
                        top = more ? in : top;
                      });
                      store(source.data() + at + c, top);
                      store(y.data() + at + c, rectified(maximum, slope));
                    });
                  });
}

void pool_normalized_backward(const Tensor& x, const Tensor& source, const ColumnNormalization& n, const Tensor& dy,
                              const Tensor& dgamma, const Tensor& dbeta, const Window& down, const Window& across,
                              Tensor& dx) {
  const Index channels = x.shape()[3];
  const auto rows = static_cast<Real>(row_count(x));
  const ChannelFactors factors(n);
  const Tensor mean_upstream = map(dbeta, [=](Real sum) { return sum / rows; });
  const Tensor mean_product =
      zip("mean_product", n.inv_std, dgamma, [=](Real inv_std, Real sum) { return inv_std * sum / rows; });
  for_all_windows(x, down, across, nullptr,
                  [&, slope = n.slope](Index image, Index window, const Covered& lines, const Covered& columns) {
                    const Index start = image * down.input * across.input * channels;
                    const Index at = (image * down.output * across.output + window) * channels;
                    for_vectors(channels, [&](Index c, auto load, auto store) {
                      const auto mu = load(factors.mu.data() + c);
                      const auto scale = load(factors.scale.data() + c);
                      const auto upstream = load(mean_upstream.data() + c);
                      const auto product = load(mean_product.data() + c);
                      const auto top = load(source.data() + at + c);
                      const auto g = load(dy.data() + at + c);
                      auto rest = factors.z(c, top, load) > 0 ? g : slope * g;  // has not met its maximum yet
                      const decltype(rest) zero{};
                      for_positions(lines, columns, across.input, [&](Index position) {
                        const Index to = start + position * channels + c;
                        const auto in = load(x.data() + to);
                        const auto hit = (in == top) | (in != in);
                        const auto dz = hit ? rest : zero;
                        rest = hit ? zero : rest;
                        store(dx.data() + to, scale * (dz - upstream - (in - mu) * product));
                      });
                    });
                  });
}

void pool_mean(const Tensor& x, const Window& down, const Window& across, bool count_padding, Tensor& y) {
  const Index channels = x.shape()[3];
  for_all_windows(x, down, across, nullptr,
                  [&](Index image, Index window, const Covered& lines, const Covered& columns) {
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
  for_all_windows(dx, down, across, dx.data(),
                  [&](Index image, Index window, const Covered& lines, const Covered& columns) {
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
