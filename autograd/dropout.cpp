#include <gradus/autograd/dropout.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/dropout.h>

namespace gradus::inline GRADUS_PRECISION {

Variable dropout(const Variable& x, double rate, RandomKey key, Mode mode) {
  check(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
  if (mode == Mode::inference || rate == 0) return x;
  return record("dropout", drop(x.value(), rate, key), {x},
                [rate, key](const Tensor& dy, Gradients& d) { d.set(0, drop(dy, rate, key)); });
}

}  // namespace gradus::inline GRADUS_PRECISION
