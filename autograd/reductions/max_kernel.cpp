#include <gradus/autograd/reductions/max_kernel.h>

#include <gradus/core/kernels/reduce.h>

#include <limits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct Max {
  static constexpr Real start = -std::numeric_limits<Real>::infinity();
  static Real join(Real a, Real b) { return a > b || a != a ? a : b; }  // NaN if either is
};

}  // namespace

Tensor reduce_max(const Tensor& x, const AxisFlags& axes) { return reduce<Max>(x, axes); }

}  // namespace gradus::inline GRADUS_PRECISION
