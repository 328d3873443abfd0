#pragma once  // internal

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/tensor.h>

#include <algorithm>
#include <array>

namespace gradus::inline GRADUS_PRECISION {

// Loops over the columns of a tensor: its last axis; the rows are all other axes.

/// Columns are processed in strips of 4 cache lines of floats, rows in blocks: a block of a strip stays in the
/// first-level cache.
constexpr Index strip = 64;
constexpr Index block_rows = 16;

inline Index features(const Tensor& x) { return x.shape()[-1]; }
inline Index row_count(const Tensor& x) { return features(x) == 0 ? 0 : x.size() / features(x); }

/// Some rows of a strip.
struct Piece {
  Index row;
  Index rows;
  Index column;
  Index width;
};

/// Many rows are cut into slices, whose results are combined in order.
inline Index slice_count(const Tensor& x) { return std::clamp<Index>(row_count(x) / 1024, 1, 16); }

/// Calls body(slice, piece) for the strips of all slices, in parallel.
template <class Body>
void for_pieces(const Tensor& x, double passes, Body body) {
  const Index columns = features(x);
  const Index rows = row_count(x);
  const Index slices = slice_count(x);
  const Index strips = (columns + strip - 1) / strip;
  const double cost = passes * nanoseconds_per_element * static_cast<double>(strip * rows / slices);
  parallel_for(slices * strips, cost, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const Index slice = i / strips;
      const Index row = rows * slice / slices;
      const Index column = i % strips * strip;
      body(slice, Piece{row, rows * (slice + 1) / slices - row, column, std::min(strip, columns - column)});
    }
  });
}

/// Calls body(block) for the blocks of a piece.
template <class Body>
void for_blocks(const Piece& piece, Body body) {
  for (Index row = 0; row < piece.rows; row += block_rows) {
    body(Piece{piece.row + row, std::min(block_rows, piece.rows - row), piece.column, piece.width});
  }
}

/// `count` rows of sums (F) for each slice, which begin as 0: in the given places for the first, to which those of the
/// others are to be added.
template <std::size_t count>
class SumsOfSlices {
 public:
  SumsOfSlices(const Tensor& x, const std::array<Real*, count>& first) : columns_(features(x)), first_(first) {
    for (Real* const sums : first) std::fill_n(sums, columns_, Real{0});
    const Index others = (slice_count(x) - 1) * static_cast<Index>(count);
    if (others > 0) others_ = Tensor::zeros({others, columns_});
  }

  Real* of(Index slice, std::size_t row) {
    if (slice == 0) return first_[row];
    return others_.data() + ((slice - 1) * static_cast<Index>(count) + static_cast<Index>(row)) * columns_;
  }

 private:
  Index columns_;
  std::array<Real*, count> first_;
  Tensor others_;
};

/// to[c] += from[c].
inline void add_row(const Real* from, Real* to, Index columns) {
#pragma omp simd
  for (Index c = 0; c < columns; ++c) to[c] += from[c];
}

/// Sums (F) over the rows, to which add_block(block, partial sums) adds those of a block.
template <std::size_t count, class AddBlock>
void sum_columns(const Tensor& x, const std::array<Real*, count>& sums, AddBlock add_block) {
  SumsOfSlices<count> slices(x, sums);
  for_pieces(x, 2, [&](Index slice, const Piece& piece) {
    for_blocks(piece, [&](const Piece& block) {
      Real partial[count][strip] = {};
      add_block(block, partial);
      for (std::size_t s = 0; s < count; ++s) add_row(partial[s], slices.of(slice, s) + piece.column, piece.width);
    });
  });
  for (Index slice = 1; slice < slice_count(x); ++slice) {
    for (std::size_t s = 0; s < count; ++s) add_row(slices.of(slice, s), sums[s], features(x));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
