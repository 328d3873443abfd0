#include <gradus/layers/convolution/padded_lines.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

Lines padded_lines(const Real* image, Index height, Index width, Index channels, const Border& border) {
  if (border.first >= 0 && border.first + border.lines <= height && border.left == 0 && border.width <= width) {
    return {image + border.first * width * channels, width * channels};
  }
  constexpr Index cache_line = 64 / static_cast<Index>(sizeof(Real));
  thread_local std::vector<Real> copy;
  const Index stride = border.width * channels;
  const auto wanted = static_cast<std::size_t>(border.lines * stride + cache_line);
  if (copy.size() < wanted) copy.resize(wanted);
  const auto address = static_cast<Index>(reinterpret_cast<std::uintptr_t>(copy.data()) / sizeof(Real));
  Real* const lines = copy.data() + (cache_line - address % cache_line) % cache_line;
  const Index left = border.left * channels;
  const Index filled = std::min(width, border.width - border.left) * channels;
  for (Index line = 0; line < border.lines; ++line) {
    Real* const to = lines + line * stride;
    if (border.first + line < 0 || border.first + line >= height) {
      std::fill_n(to, stride, Real{0});
      continue;
    }
    std::fill_n(to, left, Real{0});
    std::copy_n(image + (border.first + line) * width * channels, filled, to + left);
    std::fill(to + left + filled, to + stride, Real{0});
  }
  return {lines, stride};
}

}  // namespace gradus::inline GRADUS_PRECISION
