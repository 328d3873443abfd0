#pragma once

#include <gradus/core/shape.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A height and a width: 3, or {3, 5}.
struct Size2D {
  Size2D(Index both) : height(both), width(both) {}
  Size2D(Index down, Index across) : height(down), width(across) {}

  Index height;
  Index width;
};

/// Windows that slide along one axis of an image, of a convolution or a pooling: window o covers the positions
/// o stride + k dilation - before for k in [0, size), of which those outside of [0, input) are padding.
struct Window {
  Index input;         ///< positions of the axis
  Index size;          ///< positions in a window
  Index stride = 1;    ///< from a window to the next
  Index dilation = 1;  ///< from a position in a window to the next
  Index before = 0;    ///< padding before the first position
  Index output = 0;    ///< number of windows

  /// From the first position of a window to the end of its last one.
  Index extent() const { return (size - 1) * dilation + 1; }
  /// The positions that all windows together cover, padding included.
  Index covered() const { return (output - 1) * stride + extent(); }
};

/// Fills in `before` and `output` of a window by the text of a padding:
///   valid      no padding; output = floor((input - extent) / stride) + 1
///   same       as in Keras: output = ceil(input / stride); of an odd padding the greater half comes last
///   a number   as in PyTorch, so much on either side; output = floor((input + 2 padding - extent) / stride) + 1
/// Throws ShapeError, starting with [context] and showing the arithmetic, if no window fits.
Window place_windows(std::string_view context, std::string_view axis, Window window, std::string_view padding);

/// Throws ValueError, starting with [context], unless the padding is one of these texts.
void check_padding(std::string_view context, std::string_view padding);
/// Throws ValueError, starting with [context] and naming the option, unless both sizes are at least 1.
void check_size(std::string_view context, std::string_view option, Size2D size);

/// Lets `visitor` read or write a Size2D, which configurations hold as a shape.
template <class Visitor>
void visit_size(const char* name, Size2D& size, Visitor& visitor) {
  Shape shape{size.height, size.width};
  visitor(name, shape);
  check(shape.rank() == 2, "[{}] expected a height and a width, got {}", name, shape);
  size = {shape[0], shape[1]};
}

}  // namespace gradus::inline GRADUS_PRECISION
