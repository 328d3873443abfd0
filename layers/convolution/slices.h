#pragma once  // internal

#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/tensor.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

/// The number of slices that a batch is split into for the gradient of a kernel of that size. They have partial sums of
/// their own, which are added in order: the result does not depend on the number of threads.
inline Index slices_of(Index images, Index kernel_size) {
  constexpr Index max_partial = 4 << 20;  // elements
  return std::max<Index>(1, std::min({images, Index{16}, max_partial / kernel_size}));
}

/// sum = the sum of partial sums (slices, elements).
inline void add_slices(const Tensor& partial, Tensor& sum) {
  const Index slices = partial.shape()[0];
  Real* const to = sum.data();
  parallel_for(sum.size(), nanoseconds_per_element * static_cast<double>(slices), [&](Index begin, Index end) {
    constexpr Index run = 1024;  // stays in the first-level cache
    for (Index first = begin; first < end; first += run) {
      const Index last = std::min(end, first + run);
      std::copy(partial.data() + first, partial.data() + last, to + first);
      for (Index slice = 1; slice < slices; ++slice) {
        const Real* const from = partial.data() + slice * sum.size();
#pragma omp simd
        for (Index i = first; i < last; ++i) to[i] += from[i];
      }
    }
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
