#pragma once  // internal

#include <gradus/core/kernels/lanes.h>
#include <gradus/core/kernels/strips.h>

namespace gradus::inline GRADUS_PRECISION {

/// x viewed as (outer, n, inner), reduced over n into y (outer, inner).
template <class Operation>
void reduce_axis(const Real* x, Real* y, Index outer, Index n, Index inner) {
  const double cost = nanoseconds_per_element * static_cast<double>(n * inner) + 2;
  if (inner == 1) {
    parallel_for(outer, cost, [=](Index begin, Index end) {
      for (Index o = begin; o < end; ++o) y[o] = reduce_in_blocks<Operation>(n, [=](Index i) { return x[o * n + i]; });
    });
    return;
  }
  // Columns are split into strips of a few cache lines; each strip is reduced over all rows.
  const Index strips = (inner + strip - 1) / strip;
  parallel_for(outer * strips, cost / static_cast<double>(strips), [=](Index begin, Index end) {
    for (Index s = begin; s < end; ++s) {
      const Index first = s % strips * strip;
      const Index width = std::min(strip, inner - first);
      const Real* in = x + s / strips * n * inner + first;
      Real* out = y + s / strips * inner + first;
      std::fill_n(out, width, Operation::start);
      for (Index block = 0; block < n; block += 64) {
        Real partial[strip];
        std::fill_n(partial, width, Operation::start);
        for (Index r = block; r < std::min(n, block + 64); ++r) {
#pragma omp simd
          for (Index c = 0; c < width; ++c) partial[c] = Operation::join(partial[c], in[r * inner + c]);
        }
#pragma omp simd
        for (Index c = 0; c < width; ++c) out[c] = Operation::join(out[c], partial[c]);
      }
    }
  });
}

/// Sum, or another operation as in lanes.h, over the flagged axes, which are kept with size 1. Reduces each run of
/// adjacent axes, the last run first.
template <class Operation>
Tensor reduce(Tensor x, const AxisFlags& axes) {
  bool reduced = false;
  for (int last = x.shape().rank() - 1; last >= 0; --last) {
    if (!axes[static_cast<std::size_t>(last)]) continue;
    int first = last;
    while (first > 0 && axes[static_cast<std::size_t>(first - 1)]) --first;
    Index outer = 1;
    Index n = 1;
    Index inner = 1;
    Shape shape = x.shape();
    for (int i = 0; i < first; ++i) outer *= shape[i];
    for (int i = first; i <= last; ++i) n *= shape[i];
    for (int i = last + 1; i < shape.rank(); ++i) inner *= shape[i];
    for (int i = first; i <= last; ++i) shape = shape.with(i, 1);
    Tensor y = Tensor::empty(shape);
    reduce_axis<Operation>(x.data(), y.data(), outer, n, inner);
    x = y;
    last = first;
    reduced = true;
  }
  return reduced ? x : x.clone();
}

/// The sum over the flagged axes, which are kept with size 1. The order of additions depends on the shape alone.
Tensor reduce_sum(const Tensor& x, const AxisFlags& axes);

/// The sum over the last axis, which is kept with size 1.
Tensor sum_of_rows(const Tensor& x);

/// The gradient of broadcasting `shape` to the shape of `x`: sums `x` over the axes that were broadcast.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// The sum of n numbers.
Real sum_of(const Real* x, Index n);

}  // namespace gradus::inline GRADUS_PRECISION
