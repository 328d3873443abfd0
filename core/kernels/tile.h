#pragma once  // internal

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

// Tiles of a product C = A B that fit the vector registers. Matrix products and convolutions are loops over them.

#if defined(__AVX512F__)
constexpr Index vector_bytes = 64;
constexpr Index tile_rows = 14;  // 28 of 32 registers accumulate
#elif defined(__AVX__)
constexpr Index vector_bytes = 32;
constexpr Index tile_rows = 6;  // 12 of 16
#else
constexpr Index vector_bytes = 16;
constexpr Index tile_rows = 6;
#endif
constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(Real));

using Vector [[gnu::vector_size(vector_bytes), gnu::aligned(alignof(Real)), gnu::may_alias]] = Real;

inline Vector load(const Real* from) { return *reinterpret_cast<const Vector*>(from); }
inline void store(Real* to, Vector v) { *reinterpret_cast<Vector*>(to) = v; }

// Function objects, so that a loop over vectors and the one over the numbers that are left are written once.
inline constexpr auto load_vector = [](const Real* from) { return load(from); };
inline constexpr auto store_vector = [](Real* to, Vector v) { store(to, v); };
inline constexpr auto load_number = [](const Real* from) { return *from; };
inline constexpr auto store_number = [](Real* to, Real number) { *to = number; };

/// Calls body(i, load, store) for i in [0, n), for a vector of numbers at a time while there is one.
template <class Body>
void for_vectors(Index n, Body body) {
  Index i = 0;
  for (; i + lanes <= n; i += lanes) body(i, load_vector, store_vector);
  for (; i < n; ++i) body(i, load_number, store_number);
}

/// The sum of term(i) for i in [0, n), numbers or vectors, in four chains: an addition waits for the one before it.
template <class Term>
auto sum_in_chains(Index n, Term term) {
  decltype(term(Index{})) sums[4] = {};
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
#pragma GCC unroll 4
    for (Index chain = 0; chain < 4; ++chain) sums[chain] += term(i + chain);
  }
  for (; i < n; ++i) sums[0] += term(i);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// Approximate cost of a multiplication with its addition, for parallel_for.
constexpr double nanoseconds_per_product = 0.015;

/// How many pieces of at most `length` a size is cut into.
constexpr Index count_pieces(Index size, Index length) { return (size + length - 1) / length; }

/// The vectors in the width of tiles of more than 3 rows. Only these tiles copy B.
constexpr Index usual_vectors = 2;

/// The inner index of a product: down x across runs of `length` terms. In A, a run begins `across_step` after the one
/// before it, and a line of `across` runs `down_step` after the line before it; B goes on row by row. A matrix has one
/// run, an image one for each line of a window.
struct Inner {
  Index length;
  Index down = 1;
  Index down_step = 0;
  Index across = 1;
  Index across_step = 0;

  Index size() const { return length * down * across; }
};

/// A tile of C. It may extend beyond the last column of C.
struct Tile {
  Real* data;
  Index stride;
  Index columns;  ///< that exist
  bool add;       ///< add to the result of earlier blocks of k
  bool streams;   ///< bypass the caches; see wait_for_streams
};

/// C = A B or C += A B for a tile, with B of `vectors * lanes` columns. If it `copies`, the rows of B are also written
/// to `copy`, contiguously.
using TileFunction = void (*)(const Real* a, Index a_stride, const Real* b, Index b_stride, const Inner& inner,
                              const Tile& c, Real* copy);

/// The function for tiles of `height` rows, at most `tile_rows`, and 1 or 2 vectors; up to 3 rows, 4; for 1 row, 8.
/// Term p of row r of A is a[r a_stride + p] if `by_columns`, otherwise a[p a_stride + r].
TileFunction tile_function(Index vectors, bool by_columns, bool copies, Index height);

/// Makes streamed stores visible before later stores, which tell other threads that the results are ready.
void wait_for_streams();

}  // namespace gradus::inline GRADUS_PRECISION
