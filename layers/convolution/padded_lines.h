#pragma once  // internal

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// Lines of an image, or of a copy with borders of zeros.
struct Lines {
  const Real* data;  ///< of the first line
  Index stride;      ///< elements from line to line
};

/// Lines of an image, some of them before its first or behind its last one.
struct Border {
  Index first;  ///< line
  Index lines;
  Index left;   ///< positions before the image
  Index width;  ///< positions of a line
};

/// The lines of an image (height, width, channels) with that border. They are copied unless all of them lie in the
/// image. A copy is valid until the next call on this thread.
Lines padded_lines(const Real* image, Index height, Index width, Index channels, const Border& border);

}  // namespace gradus::inline GRADUS_PRECISION
