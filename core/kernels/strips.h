#pragma once  // internal

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/tensor.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

// Loops over the columns of a tensor: its last axis; the rows are all other axes.

/// Columns are processed in strips of 4 cache lines of floats: 64 rows of a strip stay in the first-level cache.
constexpr Index strip = 64;

inline Index features(const Tensor& x) { return x.shape()[-1]; }
inline Index row_count(const Tensor& x) { return features(x) == 0 ? 0 : x.size() / features(x); }

/// Calls body(first column, width) for every strip, in parallel.
template <class Body>
void for_strips(const Tensor& x, double passes, Body body) {
  const Index columns = features(x);
  const double cost = passes * nanoseconds_per_element * static_cast<double>(strip * row_count(x));
  parallel_for((columns + strip - 1) / strip, cost, [&](Index begin, Index end) {
    for (Index s = begin; s < end; ++s) body(s * strip, std::min(strip, columns - s * strip));
  });
}

/// sums[c] = sum over the rows of term(row, c), in blocks of 64 rows so that rounding errors stay small.
template <std::size_t Sums, class Term>
void sum_columns(Index rows, Index width, Real (&sums)[Sums][strip], Term term) {
  for (auto& sum : sums) std::fill_n(sum, width, Real{0});
  for (Index block = 0; block < rows; block += 64) {
    Real partial[Sums][strip] = {};
    for (Index r = block; r < std::min(rows, block + 64); ++r) term(r, partial);
    for (std::size_t s = 0; s < Sums; ++s) {
#pragma omp simd
      for (Index c = 0; c < width; ++c) sums[s][c] += partial[s][c];
    }
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
