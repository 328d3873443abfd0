#include <gradus/layers/convolution/convolution_kernels.h>

#include <gradus/core/parallel.h>
#include <gradus/layers/convolution/padded_lines.h>
#include <gradus/layers/convolution/slices.h>
#include <gradus/layers/convolution/window_product.h>

#include <algorithm>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

double cost_of(const Tensor& images, const Tensor& kernel) {
  const Index positions = images.shape()[1] * images.shape()[2];
  return nanoseconds_per_product * static_cast<double>(positions) * static_cast<double>(kernel.size());
}

/// The inner index of a window of lines of `channels`, of which a group has `group_channels`: whole lines, if the
/// positions of a window lie close together.
Inner inner_of(Index down, Index down_step, Index across, Index across_step, Index channels, Index group_channels) {
  if (across_step == channels && group_channels == channels) return {across * channels, down, down_step};
  return {group_channels, down, down_step, across, across_step};
}

}  // namespace

void convolve(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvolutionWindows& windows, Tensor& y) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index groups = windows.groups;
  const Index channels = x.shape()[3];
  const Index outputs = y.shape()[3];
  const Index group_channels = channels / groups;
  const Index group_outputs = outputs / groups;
  const Index terms = down.size * across.size * group_channels;
  Packed packed(groups, terms, group_outputs);
  for (Index g = 0; g < groups; ++g) {
    for (Index row = 0; row < terms; ++row) {
      packed.set_row(g, row, kernel.data() + row * outputs + g * group_outputs, 1);
    }
  }
  // Few images are split into parts, of about 16 in all.
  const Index images = x.shape()[0];
  const Index parts = std::min(down.output, count_pieces(16, std::max<Index>(images, 1)));
  const Index image_size = down.input * across.input * channels;
  parallel_for(images * parts, cost_of(y, kernel) / static_cast<double>(parts), [&](Index begin, Index end) {
    for (Index item = begin; item < end; ++item) {
      const Index first = down.output * (item % parts) / parts;
      const Index height = down.output * (item % parts + 1) / parts - first;
      const Lines lines = padded_lines(x.data() + item / parts * image_size, down.input, across.input, channels,
                                       {first * down.stride - down.before, (height - 1) * down.stride + down.extent(),
                                        across.before, across.covered()});
      Real* const out = y.data() + (item / parts * down.output + first) * across.output * outputs;
      const Rectangle rectangle{height, across.output,
                                inner_of(down.size, down.dilation * lines.stride, across.size,
                                         across.dilation * channels, channels, group_channels),
                                down.stride * lines.stride, across.stride * channels};
      for (Index g = 0; g < groups; ++g) {
        multiply_windows(rectangle, lines.data + g * group_channels, packed, g,
                         {out + g * group_outputs, across.output * outputs, outputs});
      }
      if (!bias.defined()) continue;
      for (Index position = 0; position < height * across.output; ++position) {
        Real* const sum = out + position * outputs;
#pragma omp simd
        for (Index o = 0; o < outputs; ++o) sum[o] += bias.data()[o];
      }
    }
  });
}

namespace {

/// The windows that a position at `residue` of a stride lies in, last tap first: tap `last_tap - i tap_step` of window
/// j + first + i step, for the j-th such position.
struct Taps {
  Index count;
  Index last_tap;
  Index tap_step;
  Index first;
  Index step;
  Index positions;
};

Taps taps_at(const Window& w, Index residue) {
  const Index common = std::gcd(w.stride, w.dilation);
  Taps taps{0, 0, w.stride / common, 0, w.dilation / common, count_pieces(w.input - residue, w.stride)};
  for (Index tap = 0; tap < w.size; ++tap) {
    const Index distance = residue + w.before - tap * w.dilation;
    if (distance % w.stride != 0) continue;
    ++taps.count;
    taps.last_tap = tap;
    taps.first = distance / w.stride;
  }
  return taps;
}

/// The windows that some position lies in, beyond the existing ones too: from -before to -before + covered.
struct WindowRange {
  Index before = 0;
  Index covered = 0;
};

WindowRange range_of(const Window& w) {
  WindowRange range{0, w.output};
  for (Index residue = 0; residue < std::min(w.stride, w.input); ++residue) {
    const Taps taps = taps_at(w, residue);
    if (taps.count == 0) continue;
    range.before = std::max(range.before, -taps.first);
    range.covered = std::max(range.covered, taps.first + (taps.count - 1) * taps.step + taps.positions);
  }
  range.covered += range.before;
  return range;
}

/// The kernel for the positions at these taps: rows (tap down, tap across, output of the group), columns: channels.
Packed flipped_kernel(const Tensor& kernel, const Taps& down, const Taps& across, Index groups) {
  const Index width = kernel.shape()[1];
  const Index channels = kernel.shape()[2];
  const Index outputs = kernel.shape()[3];
  const Index group_outputs = outputs / groups;
  Packed packed(groups, down.count * across.count * group_outputs, channels);
  for (Index i = 0; i < down.count; ++i) {
    for (Index j = 0; j < across.count; ++j) {
      const Index tap = (down.last_tap - i * down.tap_step) * width + across.last_tap - j * across.tap_step;
      for (Index o = 0; o < outputs; ++o) {
        packed.set_row(o / group_outputs, (i * across.count + j) * group_outputs + o % group_outputs,
                       kernel.data() + tap * channels * outputs + o, outputs);
      }
    }
  }
  return packed;
}

}  // namespace

void convolve_backward_input(const Tensor& dy, const Tensor& kernel, const ConvolutionWindows& windows, Tensor& dx) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index groups = windows.groups;
  const Index channels = dx.shape()[3];
  const Index outputs = dy.shape()[3];
  const Index group_outputs = outputs / groups;
  const WindowRange down_range = range_of(down);
  const WindowRange across_range = range_of(across);
  for (Index residue = 0; residue < down.stride * across.stride; ++residue) {
    const Index top = residue / across.stride;
    const Index left = residue % across.stride;
    if (top >= down.input || left >= across.input) continue;
    const Taps down_taps = taps_at(down, top);
    const Taps across_taps = taps_at(across, left);
    const Packed packed = flipped_kernel(kernel, down_taps, across_taps, groups);
    const double share = 1.0 / static_cast<double>(down.stride * across.stride);
    parallel_for(dx.shape()[0], cost_of(dx, kernel) * share, [&](Index begin, Index end) {
      for (Index image = begin; image < end; ++image) {
        Real* const out = dx.data() + ((image * down.input + top) * across.input + left) * channels;
        const Index out_line = down.stride * across.input * channels;
        const Index out_pixel = across.stride * channels;
        if (down_taps.count * across_taps.count == 0) {
          for (Index line = 0; line < down_taps.positions; ++line) {
            for (Index pixel = 0; pixel < across_taps.positions; ++pixel) {
              std::fill_n(out + line * out_line + pixel * out_pixel, channels, Real{0});
            }
          }
          continue;
        }
        const Lines lines =
            padded_lines(dy.data() + image * down.output * across.output * outputs, down.output, across.output, outputs,
                         {-down_range.before, down_range.covered, across_range.before, across_range.covered});
        const Rectangle rectangle{down_taps.positions, across_taps.positions,
                                  inner_of(down_taps.count, down_taps.step * lines.stride, across_taps.count,
                                           across_taps.step * outputs, outputs, group_outputs),
                                  lines.stride, outputs};
        const Real* const a = lines.data + (down_range.before + down_taps.first) * lines.stride +
                              (across_range.before + across_taps.first) * outputs;
        for (Index g = 0; g < groups; ++g) {
          multiply_windows(rectangle, a + g * group_outputs, packed, g,
                           {out + g * (channels / groups), out_line, out_pixel});
        }
      }
    });
  }
}

void convolve_backward_kernel(const Tensor& x, const Tensor& dy, const ConvolutionWindows& windows, Tensor& dkernel) {
  const Window& down = windows.down;
  const Window& across = windows.across;
  const Index groups = windows.groups;
  const Index images = x.shape()[0];
  const Index channels = x.shape()[3];
  const Index outputs = dy.shape()[3];
  const Index group_channels = channels / groups;
  const Index group_outputs = outputs / groups;
  const Index image_size = down.input * across.input * channels;
  if (images == 0) {
    dkernel.fill(0);
    return;
  }
  const Index slices = slices_of(images, dkernel.size());
  Tensor partial = Tensor::empty({slices, dkernel.size()});
  const bool whole_lines = groups == 1 && across.dilation == 1;
  const Index runs = whole_lines ? 1 : across.size;
  const Index run_rows = whole_lines ? across.size * channels : group_channels;
  const double cost = cost_of(dy, dkernel) * static_cast<double>(images) / static_cast<double>(slices);
  parallel_for(slices, cost, [&](Index begin, Index end) {
    alignas(64) thread_local Real strip_copy[max_terms * strip_width];
    for (Index slice = begin; slice < end; ++slice) {
      const Index first_image = images * slice / slices;
      for (Index image = first_image; image < images * (slice + 1) / slices; ++image) {
        const Lines lines = padded_lines(x.data() + image * image_size, down.input, across.input, channels,
                                         {-down.before, down.covered(), across.before, across.covered()});
        const Real* const g_image = dy.data() + image * down.output * across.output * outputs;
        const Index pixel = across.stride * channels;
        const Inner inner{across.output, down.output, down.stride * lines.stride};  // the positions of the output
        for (Index group = 0; group < groups; ++group) {
          for_strips(group_outputs, [&](Index first, Index columns, Index vectors) {
            const Index column = group * group_outputs + first;
            for_blocks(inner, pixel, [&](Index offset, Index row, const Inner& part) {
              const Real* b = g_image + row * outputs + column;
              Index b_stride = outputs;
              bool copies = vectors == usual_vectors;
              if (columns < vectors * lanes) {  // a vector would reach beyond dy
                for (Index r = 0; r < part.size(); ++r) std::copy_n(b + r * outputs, columns, strip_copy + r * lanes);
                b = strip_copy;
                b_stride = lanes;
              }
              for (Index run = 0; run < down.size * runs; ++run) {
                const Real* const a = lines.data + offset + group * group_channels +
                                      run / runs * down.dilation * lines.stride +
                                      run % runs * across.dilation * channels;
                for_tiles(run_rows, tile_rows, [&](Index r, Index height) {
                  tile_function(vectors, false, copies, height)(
                      a + r, pixel, b, b_stride, part,
                      Tile{partial.data() + slice * dkernel.size() + (run * run_rows + r) * outputs + column, outputs,
                           columns, image > first_image || row > 0, false},
                      strip_copy);
                  if (copies) {
                    copies = false;
                    b = strip_copy;
                    b_stride = strip_width;
                  }
                });
              }
            });
          });
        }
      }
    }
  });
  add_slices(partial, dkernel);
}

}  // namespace gradus::inline GRADUS_PRECISION
