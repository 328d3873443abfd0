#include <gradus/layers/convolution/depthwise_kernels.h>

#include <gradus/core/parallel.h>
#include <gradus/layers/convolution/slices.h>
#include <gradus/layers/convolution/window_product.h>

#include <algorithm>
#include <array>
#include <utility>

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

/// For pixels p: to[p, c] = start[c] + the sum over the taps of from[position + p step, c] kernel[tap, c].
template <int pixels>
void sum_taps(const Meeting& down, const Meeting& across, Index step, const Real* from, Index width, const Real* kernel,
              Index kernel_width, const Real* start, Index channels, Real* to) {
  for_vectors(channels, [&](Index c, auto read, auto write) {
    decltype(read(from)) sum[pixels] = {};
    for (int p = 0; start != nullptr && p < pixels; ++p) sum[p] = read(start + c);
    for (Index i = 0; i < down.count; ++i) {
      const Real* line = from + ((down.at + i * down.move) * width + across.at) * channels + c;
      const Real* taps = kernel + ((down.first + i * down.step) * kernel_width + across.first) * channels + c;
      for (Index j = 0; j < across.count; ++j) {
        const auto factor = read(taps);
#pragma GCC unroll 8
        for (int p = 0; p < pixels; ++p) sum[p] += read(line + p * step * channels) * factor;
        line += across.move * channels;
        taps += across.step * channels;
      }
    }
#pragma GCC unroll 8
    for (int p = 0; p < pixels; ++p) write(to + p * channels + c, sum[p]);
  });
}

constexpr Index max_pixels = 6;  // at a time: enough sums to keep the arithmetic units busy

template <std::size_t... p>
constexpr auto sum_taps_by_pixels(std::index_sequence<p...>) {
  return std::array{sum_taps<p + 1>...};
}

/// The pixels of a line that meet all taps, which lie `step` positions further for the next pixel. Those before and
/// behind meet the padding.
struct Interior {
  Index begin = 0;
  Index end = 0;
  Index step = 0;
  Meeting first = {};

  Meeting at(Index pixel) const {
    Meeting meeting = first;
    meeting.at += (pixel - begin) * step;
    return meeting;
  }
};

template <class MeetingAt>
Interior interior_of(Index pixels, Index taps, Index step, MeetingAt meeting_at) {
  Interior interior{.step = step};
  while (interior.begin < pixels && meeting_at(interior.begin).count < taps) ++interior.begin;
  interior.end = interior.begin;
  while (interior.end < pixels && meeting_at(interior.end).count == taps) ++interior.end;
  if (interior.begin < interior.end) interior.first = meeting_at(interior.begin);
  return interior;
}

/// A line of results, `to` (pixels, channels), several pixels of the interior at a time.
template <class MeetingAt>
void sum_line(const Meeting& down, const Interior& interior, Index pixels, Index taps, MeetingAt meeting_at,
              const Real* from, Index width, const Real* kernel, const Real* start, Index channels, Real* to) {
  static constexpr auto by_pixels = sum_taps_by_pixels(std::make_index_sequence<max_pixels>());
  const auto sum = [&](const Meeting& across, Index p, Index count) {
    by_pixels[static_cast<std::size_t>(count - 1)](down, across, interior.step, from, width, kernel, taps, start,
                                                   channels, to + p * channels);
  };
  for (Index p = 0; p < interior.begin; ++p) sum(meeting_at(p), p, 1);
  for_tiles(interior.end - interior.begin, max_pixels,
            [&](Index first, Index count) { sum(interior.at(interior.begin + first), interior.begin + first, count); });
  for (Index p = interior.end; p < pixels; ++p) sum(meeting_at(p), p, 1);
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
  const auto meeting_at = [&](Index o) { return positions_of(across, o); };
  const Interior interior = interior_of(across.output, across.size, across.stride, meeting_at);
  parallel_for(x.shape()[0] * down.output, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = x.data() + line / down.output * down.input * across.input * channels;
      sum_line(positions_of(down, line % down.output), interior, across.output, across.size, meeting_at, image,
               across.input, kernel.data(), bias.data(), channels, y.data() + line * across.output * channels);
    }
  });
}

void convolve_depthwise_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows,
                                       Tensor& dx) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index channels = windows.groups;
  const auto meeting_at = [&](Index i) { return windows_of(across, i); };
  // With strides, neighbours meet other taps.
  const Interior interior = across.stride == 1 ? interior_of(across.input, across.size, 1, meeting_at) : Interior{};
  parallel_for(dx.shape()[0] * down.input, cost_of_line(across, kernel), [&](Index begin, Index end) {
    for (Index line = begin; line < end; ++line) {
      const Real* const image = dy.data() + line / down.input * down.output * across.output * channels;
      sum_line(windows_of(down, line % down.input), interior, across.input, across.size, meeting_at, image,
               across.output, kernel.data(), nullptr, channels, dx.data() + line * across.input * channels);
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
            Real* const to = taps + tap * channels;
            for_vectors(channels, [&](Index c, auto read, auto write) {
              write(to + c, read(to + c) + sum_in_chains(last - first, [&](Index window) {
                              const Index o = first + window;
                              return read(from + (o * across.stride + offset) * channels + c) *
                                     read(g + o * channels + c);
                            }));
            });
          }
        }
      }
    }
  });
  add_slices(partial, dkernel);
}

}  // namespace gradus::inline GRADUS_PRECISION
