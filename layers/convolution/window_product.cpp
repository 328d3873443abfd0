#include <gradus/layers/convolution/window_product.h>

#include <array>
#include <bit>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr Index few_columns = lanes >= 8 ? 4 : 1;

Index padded_columns(Index columns) { return columns <= few_columns ? columns : count_pieces(columns, lanes) * lanes; }

}  // namespace

Packed::Packed(Index groups, Index rows, Index columns)
    : rows_(rows), columns_(columns), data_(Tensor::zeros({groups, rows * padded_columns(columns)})) {}

bool Packed::has_few_columns() const { return columns_ <= few_columns; }

void Packed::set_row(Index group, Index row, const Real* from, Index stride) {
  Real* const matrix = data_.data() + group * data_.shape()[1];
  if (has_few_columns()) {
    for (Index c = 0; c < columns_; ++c) matrix[c * rows_ + row] = from[c * stride];
    return;
  }
  for_strips(columns_, [&](Index first, Index columns, Index vectors) {
    Real* const to = matrix + first * rows_ + row * vectors * lanes;
    for (Index c = 0; c < columns; ++c) to[c] = from[(first + c) * stride];
  });
}

namespace {

/// (a0 + a1, a2 + a3, ..., b0 + b1, b2 + b3, ...). By value: clang takes a reference for aligned to a whole vector.
template <std::size_t... lane>
Vector add_neighbours(Vector a, Vector b, std::index_sequence<lane...>) {
  return __builtin_shufflevector(a, b, (2 * lane)...) + __builtin_shufflevector(a, b, (2 * lane + 1)...);
}

/// sums[i] = the sum of the lanes of v[i], for a power of two of vectors.
template <int count>
void sum_lanes(Vector* v, Real* sums) {
  if constexpr (count > lanes) {
    sum_lanes<count / 2>(v, sums);
    sum_lanes<count / 2>(v + count / 2, sums + count / 2);
  } else {
    constexpr auto all_lanes = std::make_index_sequence<lanes>();
#pragma GCC unroll 4
    for (int n = count / 2; n > 0; n /= 2) {
#pragma GCC unroll 8
      for (int i = 0; i < n; ++i) v[i] = add_neighbours(v[2 * i], v[2 * i + 1], all_lanes);
    }
#pragma GCC unroll 4
    for (Index n = count; n < lanes; n *= 2) v[0] = add_neighbours(v[0], v[0], all_lanes);
    alignas(vector_bytes) Real all[lanes];
    store(all, v[0]);
    std::copy_n(all, count, sums);
  }
}

/// The dot products of some windows with the columns of B, vectors of terms at a time: where a vector of columns would
/// be nearly empty.
template <int pixels, int columns>
void multiply_by_terms(const Real* a, Index pixel, const Real* b, const Inner& inner, Real* out, Index out_pixel) {
  const Index terms = inner.size();
  constexpr int count = static_cast<int>(std::bit_ceil(static_cast<unsigned>(pixels * columns)));
  alignas(vector_bytes) Vector sum[count] = {};
  Real rest[pixels][columns] = {};
  for (Index run = 0; run < inner.down * inner.across; ++run, b += inner.length) {
    const Real* const from = a + run / inner.across * inner.down_step + run % inner.across * inner.across_step;
    Index p = 0;
    for (; p + lanes <= inner.length; p += lanes) {
#pragma GCC unroll 8
      for (int c = 0; c < columns; ++c) {
        const Vector factor = load(b + c * terms + p);
#pragma GCC unroll 8
        for (int i = 0; i < pixels; ++i) sum[i * columns + c] += load(from + i * pixel + p) * factor;
      }
    }
    for (; p < inner.length; ++p) {
      for (int c = 0; c < columns; ++c) {
        for (int i = 0; i < pixels; ++i) rest[i][c] += from[i * pixel + p] * b[c * terms + p];
      }
    }
  }
  Real sums[count];
  sum_lanes<count>(sum, sums);
  for (int i = 0; i < pixels; ++i) {
    for (int c = 0; c < columns; ++c) out[i * out_pixel + c] = rest[i][c] + sums[i * columns + c];
  }
}

constexpr int max_sums = 8;  // enough to keep the arithmetic units busy

template <int columns, std::size_t... i>
constexpr auto by_terms_and_pixels(std::index_sequence<i...>) {
  return std::array{multiply_by_terms<i + 1, columns>...};
}

template <int columns>
void multiply_line_by_terms(const Rectangle& r, const Real* a, const Real* b, Real* out, Index out_pixel) {
  constexpr int max_pixels = max_sums / columns;
  static constexpr auto by_pixels = by_terms_and_pixels<columns>(std::make_index_sequence<max_pixels>());
  for_tiles(r.width, max_pixels, [&](Index first, Index pixels) {
    by_pixels[static_cast<std::size_t>(pixels - 1)](a + first * r.pixel, r.pixel, b, r.inner, out + first * out_pixel,
                                                    out_pixel);
  });
}

}  // namespace

void multiply_windows(const Rectangle& r, const Real* a, const Packed& b, Index group, const Place& out) {
  if (b.has_few_columns()) {
    constexpr decltype(&multiply_line_by_terms<1>) by_columns[] = {
        multiply_line_by_terms<1>, multiply_line_by_terms<2>, multiply_line_by_terms<3>, multiply_line_by_terms<4>};
    for (Index line = 0; line < r.height; ++line) {
      by_columns[b.columns() - 1](r, a + line * r.line, b.strip(group, 0), out.data + line * out.line, out.pixel);
    }
    return;
  }
  for_strips(b.columns(), [&](Index first, Index columns, Index vectors) {
    for_blocks(r.inner, 1, [&](Index offset, Index row, const Inner& part) {
      const Real* const b_part = b.strip(group, first) + row * vectors * lanes;
      for (Index line = 0; line < r.height; ++line) {
        for_tiles(r.width, tile_rows, [&](Index pixel, Index height) {
          tile_function(vectors, true, false, height)(
              a + offset + line * r.line + pixel * r.pixel, r.pixel, b_part, vectors * lanes, part,
              Tile{out.data + line * out.line + pixel * out.pixel + first, out.pixel, columns, row > 0, false},
              nullptr);
        });
      }
    });
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
