#pragma once  // internal

#include <gradus/core/real.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

struct Sum {
  static constexpr Real start = 0;
  template <class T>
  static T join(T a, T b) {
    return a + b;
  }
};

/// The sum, or another operation, of term(i) for i in [0, n), in 16 partial results of type T, so that the loop is
/// vectorized.
template <class Operation = Sum, class T = Real, class Term>
T reduce_in_lanes(Index n, Term term) {
  constexpr Index lanes = 16;
  T partial[lanes];
  std::fill_n(partial, lanes, T{Operation::start});
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (Index l = 0; l < lanes; ++l) partial[l] = Operation::join(partial[l], term(i + l));
  }
  T result = Operation::start;
  for (; i < n; ++i) result = Operation::join(result, term(i));
  for (const T lane : partial) result = Operation::join(result, lane);
  return result;
}

/// The same in blocks of 1,024, so that rounding errors grow only with the number of blocks.
template <class Operation = Sum, class Term>
Real reduce_in_blocks(Index n, Term term) {
  constexpr Index block = 1024;
  Real result = Operation::start;
  for (Index first = 0; first < n; first += block) {
    const Index length = std::min(block, n - first);
    result = Operation::join(result, reduce_in_lanes<Operation>(length, [=](Index i) { return term(first + i); }));
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
