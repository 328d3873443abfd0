#include <gradus/core/kernels/elementwise.h>

namespace gradus::inline GRADUS_PRECISION {

namespace detail {

BroadcastLoop::BroadcastLoop(const Shape& a, const Shape& b, const Shape& result) {
  struct Axis {
    Index size, stride_a, stride_b;
  };
  std::array<Axis, Shape::max_rank> merged{};  // innermost first
  std::size_t count = 0;
  Index run_a = 1;
  Index run_b = 1;
  for (int i = 1; i <= result.rank(); ++i) {
    const Index n = result[-i];
    if (n == 1) continue;
    const bool moves_a = i <= a.rank() && a[-i] != 1;
    const bool moves_b = i <= b.rank() && b[-i] != 1;
    const Axis axis{n, moves_a ? run_a : 0, moves_b ? run_b : 0};
    if (moves_a) run_a *= n;
    if (moves_b) run_b *= n;
    const bool merges =
        count > 0 && moves_a == (merged[count - 1].stride_a != 0) && moves_b == (merged[count - 1].stride_b != 0);
    if (merges) {
      merged[count - 1].size *= n;
    } else {
      merged[count++] = axis;
    }
  }
  if (count > 0) {
    inner = merged[0].size;
    inner_a = merged[0].stride_a;
    inner_b = merged[0].stride_b;
  }
  axes = std::max(0, static_cast<int>(count) - 1);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    size[i] = merged[i + 1].size;
    stride_a[i] = merged[i + 1].stride_a;
    stride_b[i] = merged[i + 1].stride_b;
    outer *= size[i];
  }
}

std::pair<Index, Index> BroadcastLoop::offsets(Index iteration) const {
  Index at_a = 0;
  Index at_b = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(axes); ++i) {
    const Index position = iteration % size[i];
    iteration /= size[i];
    at_a += position * stride_a[i];
    at_b += position * stride_b[i];
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
