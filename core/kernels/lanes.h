#pragma once  // internal

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// The sum of term(i) for i in [0, n), in 16 partial sums of type T, so that the loop is vectorized.
template <class T = Real, class Term>
T sum_in_lanes(Index n, Term term) {
  constexpr Index lanes = 16;
  T partial[lanes] = {};
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (Index l = 0; l < lanes; ++l) partial[l] += term(i + l);
  }
  T sum = 0;
  for (; i < n; ++i) sum += term(i);
  for (const T lane : partial) sum += lane;
  return sum;
}

}  // namespace gradus::inline GRADUS_PRECISION
