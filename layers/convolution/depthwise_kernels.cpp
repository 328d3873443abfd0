#include <gradus/layers/convolution/depthwise_kernels.h>

#include <gradus/core/kernels/tile.h>
#include <gradus/core/parallel.h>
#include <gradus/layers/convolution/slices.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The taps of a window that meet something: tap `first + i step` meets position `at + i move`, for i < count.
struct Meeting {
  Index first = 0;
  Index step = 1;
  Index at = 0;
  Index move = 0;
  Index count = 0;
};

/// The positions of the input in window o.
Meeting positions_of(const Window& w, Index o) {
  const Index start = o * w.stride - w.before;
  const Index first = start >= 0 ? 0 : (-start + w.dilation - 1) / w.dilation;
  const Index end = std::min(w.size, (w.input - start + w.dilation - 1) / w.dilation);
  return {first, 1, start + first * w.dilation, w.dilation, std::max<Index>(end - first, 0)};
}

/// The windows that position i of the input lies in.
Meeting windows_of(const Window& w, Index i) {
  Meeting m;
  for (Index tap = 0; tap < w.size; ++tap) {
    const Index distance = i + w.before - tap * w.dilation;
    if (distance % w.stride != 0 || distance < 0 || distance / w.stride >= w.output) continue;
    if (m.count == 0) m = {tap, 0, distance / w.stride, 0, 0};
    if (m.count == 1) {
      m.step = tap - m.first;
      m.move = distance / w.stride - m.at;
    }
    ++m.count;
  }
  return m;
}

/// to[c] = start[c] + the sum over the taps of from[position, c] kernel[tap, c].
void sum_taps(const Meeting& down, const Meeting& across, const Real* from, Index width, const Real* kernel,
              Index kernel_width, const Real* start, Index channels, Real* to) {
  const auto sum_of_taps = [&]<class T>(T sum, Index c, auto read) {
    for (Index i = 0; i < down.count; ++i) {
      const Real* const line = from + (down.at + i * down.move) * width * channels + c;
      const Real* const taps = kernel + (down.first + i * down.step) * kernel_width * channels + c;
      for (Index j = 0; j < across.count; ++j) {
        sum += read(line + (across.at + j * across.move) * channels) *
               read(taps + (across.first + j * across.step) * channels);
      }
    }
    return sum;
  };
  Index c = 0;
  for (; c + lanes <= channels; c += lanes) {
    store(to + c, sum_of_taps(start == nullptr ? Vector{} : load(start + c), c, load));
  }
  for (; c < channels; ++c) {
    to[c] = sum_of_taps(start == nullptr ? Real{0} : start[c], c, [](const Real* at) { return *at; });
  }
}

double cost_of_line(const Window& across, const Tensor& kernel) {
  return 0.1 * static_cast<double>(std::max(across.input, across.output)) * static_cast<double>(kernel.size());
}

}  // namespace

void convolve_depthwise(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvolutionWindows& windows,
                        Tensor& y) {
  const auto& [down, across, channels] = windows;
  parallel_for(x.shape()[0] * down.output, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = x.data() + line / down.output * down.input * across.input * channels;
      const Meeting lines = positions_of(down, line % down.output);
      for (Index o = 0; o < across.output; ++o) {
        sum_taps(lines, positions_of(across, o), image, across.input, kernel.data(), across.size, bias.data(), channels,
                 y.data() + (line * across.output + o) * channels);
      }
    }
  });
}

void convolve_depthwise_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows,
                                       Tensor& dx) {
  const auto& [down, across, channels] = windows;
  parallel_for(dx.shape()[0] * down.input, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = dy.data() + line / down.input * down.output * across.output * channels;
      const Meeting lines = windows_of(down, line % down.input);
      for (Index i = 0; i < across.input; ++i) {
        sum_taps(lines, windows_of(across, i), image, across.output, kernel.data(), across.size, nullptr, channels,
                 dx.data() + (line * across.input + i) * channels);
      }
    }
  });
}

void convolve_depthwise_backward_kernel(const Tensor& x, const Tensor& dy, const ConvolutionWindows& windows,
                                        Tensor& dkernel) {
  const auto& [down, across, channels] = windows;
  const Index images = x.shape()[0];
  const Index slices = slices_of(images, dkernel.size());
  Tensor partial = Tensor::zeros({slices, dkernel.size()});
  const double cost = static_cast<double>(images * down.output) * cost_of_line(across, dkernel);
  parallel_for(slices, cost / static_cast<double>(slices), [&](Index begin, Index end) {
    for (Index slice = begin; slice < end; ++slice) {
      for (Index line = images * slice / slices * down.output; line < images * (slice + 1) / slices * down.output;
           ++line) {
        const Real* const image = x.data() + line / down.output * down.input * across.input * channels;
        const Real* const g = dy.data() + line * across.output * channels;
        const Meeting lines = positions_of(down, line % down.output);
        for (Index i = 0; i < lines.count; ++i) {
          const Real* const from = image + (lines.at + i * lines.move) * across.input * channels;
          Real* const taps = partial.data() + slice * dkernel.size() + (lines.first + i) * across.size * channels;
          for (Index tap = 0; tap < across.size; ++tap) {
            // The windows whose tap lies within the image.
            const Index offset = tap * across.dilation - across.before;
            const Index first = offset >= 0 ? 0 : (-offset + across.stride - 1) / across.stride;
            const Index last = std::min(across.output, (across.input - offset + across.stride - 1) / across.stride);
            const auto sum_products = [&]<class T>(T sum, Index c, auto read) {
              for (Index o = first; o < last; ++o) {
                sum += read(from + (o * across.stride + offset) * channels + c) * read(g + o * channels + c);
              }
              return sum;
            };
            Real* const to = taps + tap * channels;
            Index c = 0;
            for (; c + lanes <= channels; c += lanes) store(to + c, sum_products(load(to + c), c, load));
            for (; c < channels; ++c) to[c] = sum_products(to[c], c, [](const Real* at) { return *at; });
          }
        }
      }
    }
  });
  add_slices(partial, dkernel);
}

}  // namespace gradus::inline GRADUS_PRECISION
