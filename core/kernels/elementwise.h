#pragma once  // internal

#include <gradus/core/parallel.h>
#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Approximate cost per element of a memory-bound loop, for parallel_for.
constexpr double nanoseconds_per_element = 0.15;

// For `zip`. Function objects, so that they are inlined and the loops are vectorized.
inline constexpr auto plus = [](Real a, Real b) { return a + b; };
inline constexpr auto minus = [](Real a, Real b) { return a - b; };
inline constexpr auto times = [](Real a, Real b) { return a * b; };
inline constexpr auto divide = [](Real a, Real b) { return a / b; };

/// y[i] = f(x[i]).
template <class F>
Tensor map(const Tensor& x, F f, double nanoseconds = nanoseconds_per_element) {
  Tensor y = Tensor::empty(x.shape());
  const Real* in = x.data();
  Real* out = y.data();
  parallel_for(x.size(), nanoseconds, [=](Index begin, Index end) {
#pragma omp simd
    for (Index i = begin; i < end; ++i) out[i] = f(in[i]);
  });
  return y;
}

namespace detail {

/// A loop over two operands that broadcast to a common shape. Adjacent axes along which the same operands advance are
/// merged, so equal shapes become one long axis.
struct BroadcastLoop {
  struct Axis {
    Index size = 1;
    Index step_a = 1;  // of each operand along the axis, 0 where it is stretched; 1 along the innermost axis otherwise
    Index step_b = 1;
  };

  BroadcastLoop(const Shape& a, const Shape& b, const Shape& result);

  /// Offsets of the operands at an iteration over the outer axes.
  std::pair<Index, Index> offsets(Index iteration) const;

  std::array<Axis, Shape::max_rank> axes{};  // innermost first
  std::size_t count = 0;                     // of the axes
  Index outer = 1;                           // iterations over all axes but the innermost
};

template <class F>
void zip_row(const Real* a, Index step_a, const Real* b, Index step_b, Real* y, Index n, F f) {
  if (step_a == 1 && step_b == 1) {
#pragma omp simd
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  } else if (step_a == 1) {
    const Real right = *b;
#pragma omp simd
    for (Index i = 0; i < n; ++i) y[i] = f(a[i], right);
  } else {
    const Real left = *a;
#pragma omp simd
    for (Index i = 0; i < n; ++i) y[i] = f(left, b[i * step_b]);
  }
}

}  // namespace detail

/// y = f(a, b) elementwise, with broadcasting. Throws ShapeError with [context] if the shapes do not broadcast.
template <class F>
Tensor zip(std::string_view context, const Tensor& a, const Tensor& b, F f) {
  check<ShapeError>(a.defined() && b.defined(), "[{}] expected two tensors, got an empty one", context);
  Tensor y = Tensor::empty(broadcast(context, a.shape(), b.shape()));
  const detail::BroadcastLoop loop(a.shape(), b.shape(), y.shape());
  const Real* left = a.data();
  const Real* right = b.data();
  Real* out = y.data();
  const detail::BroadcastLoop::Axis inner = loop.axes[0];
  if (loop.outer == 1) {
    parallel_for(inner.size, nanoseconds_per_element, [&](Index begin, Index end) {
      detail::zip_row(left + begin * inner.step_a, inner.step_a, right + begin * inner.step_b, inner.step_b,
                      out + begin, end - begin, f);
    });
  } else {
    const double cost = 5 + nanoseconds_per_element * static_cast<double>(inner.size);
    parallel_for(loop.outer, cost, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const auto [at_a, at_b] = loop.offsets(i);
        detail::zip_row(left + at_a, inner.step_a, right + at_b, inner.step_b, out + i * inner.size, inner.size, f);
      }
    });
  }
  return y;
}

/// a += b for equal shapes.
void add_to(Tensor& a, const Tensor& b);

}  // namespace gradus::inline GRADUS_PRECISION
