#include <gradus/core/kernels/reduce.h>

namespace gradus::inline GRADUS_PRECISION {

Tensor reduce_sum(const Tensor& x, const AxisFlags& axes) { return reduce<Sum>(x, axes); }

Tensor sum_of_rows(const Tensor& x) {
  AxisFlags last{};
  last[static_cast<std::size_t>(x.shape().rank() - 1)] = true;
  return reduce_sum(x, last);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  AxisFlags axes{};
  const int added = x.shape().rank() - shape.rank();
  for (int i = 0; i < x.shape().rank(); ++i) {
    axes[static_cast<std::size_t>(i)] = i < added || (shape[i - added] == 1 && x.shape()[i] != 1);
  }
  return reduce_sum(x, axes).reshape(shape);
}

Real sum_of(const Real* x, Index n) {
  return reduce_in_blocks(n, [=](Index i) { return x[i]; });
}

}  // namespace gradus::inline GRADUS_PRECISION
