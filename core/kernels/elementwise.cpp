#include <gradus/core/kernels/elementwise.h>

namespace gradus::inline GRADUS_PRECISION {

namespace detail {

BroadcastLoop::BroadcastLoop(const Shape& a, const Shape& b, const Shape& result) {
  Index run_a = 1;
  Index run_b = 1;
  for (int i = 1; i <= result.rank(); ++i) {
    const Index n = result[-i];
    if (n == 1) continue;
    const bool moves_a = i <= a.rank() && a[-i] != 1;
    const bool moves_b = i <= b.rank() && b[-i] != 1;
    Axis& last = axes[count > 0 ? count - 1 : 0];
    if (count > 0 && moves_a == (last.step_a != 0) && moves_b == (last.step_b != 0)) {
      last.size *= n;
    } else {
      axes[count++] = {n, moves_a ? run_a : 0, moves_b ? run_b : 0};
    }
    if (moves_a) run_a *= n;
    if (moves_b) run_b *= n;
  }
  for (std::size_t i = 1; i < count; ++i) outer *= axes[i].size;
}

std::pair<Index, Index> BroadcastLoop::offsets(Index iteration) const {
  Index at_a = 0;
  Index at_b = 0;
  for (std::size_t i = 1; i < count; ++i) {
    const Index position = iteration % axes[i].size;
    iteration /= axes[i].size;
    at_a += position * axes[i].step_a;
    at_b += position * axes[i].step_b;
  }
  return {at_a, at_b};
}

}  // namespace detail

void add_to(Tensor& a, const Tensor& b) {
  Real* sum = a.data();
  const Real* more = b.data();
  parallel_for(a.size(), nanoseconds_per_element, [=](Index begin, Index end) {
#pragma omp simd
    for (Index i = begin; i < end; ++i) sum[i] += more[i];
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
