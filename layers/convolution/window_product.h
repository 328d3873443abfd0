#pragma once  // internal

#include <gradus/core/kernels/tile.h>
#include <gradus/core/tensor.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

/// The most terms of the inner index at a time, so that a strip of B stays in the first-level cache.
constexpr Index max_terms = 256;
constexpr Index strip_width = usual_vectors * lanes;

/// Calls body(offset in A, first row of B, part) for parts of at most `max_terms` terms, which are `term_step` apart in
/// A.
template <class Body>
void for_blocks(const Inner& inner, Index term_step, Body body) {
  const Index line = inner.length * inner.across;
  Index row = 0;
  const auto part = [&](Index down, Index across, Index term, Inner of) {
    body(down * inner.down_step + across * inner.across_step + term * term_step, row, of);
    row += of.size();
  };
  if (line <= max_terms) {
    const Index lines = max_terms / line;
    for (Index d = 0; d < inner.down; d += lines) {
      Inner some = inner;
      some.down = std::min(lines, inner.down - d);
      part(d, 0, 0, some);
    }
    return;
  }
  for (Index d = 0; d < inner.down; ++d) {
    for (Index a = 0; a < inner.across; ++a) {
      for (Index p = 0; p < inner.length; p += max_terms) part(d, a, p, {std::min(max_terms, inner.length - p)});
    }
  }
}

/// Calls body(first column, columns, vectors) for strips of a tile's width, the last ones narrower.
template <class Body>
void for_strips(Index columns, Body body) {
  for (Index begin = 0; begin < columns;) {
    const Index vectors = columns - begin >= strip_width ? usual_vectors : 1;
    body(begin, std::min(vectors * lanes, columns - begin), vectors);
    begin += vectors * lanes;
  }
}

/// Calls body(first, height) for tiles of about equal height.
template <class Body>
void for_tiles(Index rows, Index max_height, Body body) {
  const Index tiles = count_pieces(rows, max_height);
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index first = rows * tile / tiles;
    body(first, rows * (tile + 1) / tiles - first);
  }
}

/// A matrix B for each group of channels, arranged for `multiply_windows`: in strips of columns, each with its rows
/// close together, or if it has few columns, column by column.
class Packed {
 public:
  Packed(Index groups, Index rows, Index columns);

  /// Sets a row, whose elements are `stride` apart.
  void set_row(Index group, Index row, const Real* from, Index stride);

  bool has_few_columns() const;
  Index columns() const { return columns_; }
  const Real* strip(Index group, Index first) const { return data_.data() + group * data_.shape()[1] + first * rows_; }

 private:
  Index rows_;
  Index columns_;
  Tensor data_;
};

/// A rectangle of windows, each a row of A.
struct Rectangle {
  Index height;
  Index width;
  Inner inner;  ///< of one window
  Index line;   ///< elements of A from a line of windows to the next
  Index pixel;  ///< from a window to the next in its line
};

/// Where their products with B go.
struct Place {
  Real* data;
  Index line;   ///< elements from a line to the next
  Index pixel;  ///< from a pixel to the next
};

void multiply_windows(const Rectangle& rectangle, const Real* a, const Packed& b, Index group, const Place& out);

}  // namespace gradus::inline GRADUS_PRECISION
