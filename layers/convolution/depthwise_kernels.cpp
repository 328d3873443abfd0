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

// Function objects, so that they are inlined.
constexpr auto load_vector = [](const Real* from) { return load(from); };
constexpr auto store_vector = [](Real* to, Vector v) { store(to, v); };
constexpr auto load_number = [](const Real* from) { return *from; };
constexpr auto store_number = [](Real* to, Real number) { *to = number; };

/// For pixels p: to[p, c] = start[c] + the sum over the taps of from[position + p step, c] kernel[tap, c].
template <int pixels>
void sum_taps(const Meeting& down, const Meeting& across, Index step, const Real* from, Index width, const Real* kernel,
              Index kernel_width, const Real* start, Index channels, Real* to) {
  const auto sum_from = [&]<class T>(T first, Index c, auto read, auto write) {
    T sum[pixels];
    std::fill_n(sum, pixels, first);
    for (Index i = 0; i < down.count; ++i) {
      const Real* line = from + ((down.at + i * down.move) * width + across.at) * channels + c;
      const Real* taps = kernel + ((down.first + i * down.step) * kernel_width + across.first) * channels + c;
      for (Index j = 0; j < across.count; ++j) {
        const T factor = read(taps);
#pragma GCC unroll 8
        for (int p = 0; p < pixels; ++p) sum[p] += read(line + p * step * channels) * factor;
        line += across.move * channels;
        taps += across.step * channels;
      }
    }
#pragma GCC unroll 8
    for (int p = 0; p < pixels; ++p) write(to + p * channels + c, sum[p]);
  };
  Index c = 0;
  for (; c + lanes <= channels; c += lanes)
    sum_from(start == nullptr ? Vector{} : load(start + c), c, load_vector, store_vector);
  for (; c < channels; ++c) {
    sum_from(start == nullptr ? Real{0} : start[c], c, load_number, store_number);
  }
}

/// A line of results, `to` (pixels, channels), several pixels at a time between two that meet all taps. The taps of the
/// next pixel lie `step` positions further; 0: in no fixed distance.
template <class MeetingAt>
void sum_line(const Meeting& down, Index pixels, Index taps, Index step, MeetingAt meeting_at, const Real* from,
              Index width, const Real* kernel, const Real* start, Index channels, Real* to) {
  constexpr int at_once = 4;
  for (Index p = 0; p < pixels;) {
    const Meeting across = meeting_at(p);
    if (step > 0 && p + at_once <= pixels && across.count == taps && meeting_at(p + at_once - 1).count == taps) {
      sum_taps<at_once>(down, across, step, from, width, kernel, taps, start, channels, to + p * channels);
      p += at_once;
    } else {
      sum_taps<1>(down, across, step, from, width, kernel, taps, start, channels, to + p * channels);
      ++p;
    }
  }
}

double cost_of_line(const Window& across, const Tensor& kernel) {
  return 0.1 * static_cast<double>(std::max(across.input, across.output)) * static_cast<double>(kernel.size());
}

}  // namespace

void convolve_depthwise(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvolutionWindows& windows,
                        Tensor& y) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index channels = windows.groups;
  parallel_for(x.shape()[0] * down.output, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = x.data() + line / down.output * down.input * across.input * channels;
      sum_line(
          positions_of(down, line % down.output), across.output, across.size, across.stride,
          [&](Index o) { return positions_of(across, o); }, image, across.input, kernel.data(), bias.data(), channels,
          y.data() + line * across.output * channels);
    }
  });
}

void convolve_depthwise_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows,
                                       Tensor& dx) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index channels = windows.groups;
  parallel_for(dx.shape()[0] * down.input, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = dy.data() + line / down.input * down.output * across.output * channels;
      sum_line(
          windows_of(down, line % down.input), across.input, across.size, across.stride == 1 ? 1 : 0,
          [&](Index i) { return windows_of(across, i); }, image, across.output, kernel.data(), nullptr, channels,
          dx.data() + line * across.input * channels);
    }
  });
}

void convolve_depthwise_backward_kernel(const Tensor& x, const Tensor& dy, const ConvolutionWindows& windows,
                                        Tensor& dkernel) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index channels = windows.groups;
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
              constexpr Index chains = 4;  // an addition waits for the one before it
              T sums[chains] = {};
              const auto product = [&](Index o) {
                return read(from + (o * across.stride + offset) * channels + c) * read(g + o * channels + c);
              };
              Index o = first;
              for (; o + chains <= last; o += chains) {
#pragma GCC unroll 4
                for (Index chain = 0; chain < chains; ++chain) sums[chain] += product(o + chain);
              }
              for (; o < last; ++o) sum += product(o);
              return sum + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
            };
            Real* const to = taps + tap * channels;
            Index c = 0;
            for (; c + lanes <= channels; c += lanes) store(to + c, sum_products(load(to + c), c, load_vector));
            for (; c < channels; ++c) to[c] = sum_products(to[c], c, load_number);
          }
        }
      }
    }
  });
  add_slices(partial, dkernel);
}

}  // namespace gradus::inline GRADUS_PRECISION
