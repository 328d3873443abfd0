#include <gradus/layers/dropout/dropout.h>

#include <gradus/autograd/tape.h>
#include <gradus/layers/dropout/dropout_kernel.h>

namespace gradus::inline GRADUS_PRECISION {

Variable dropout(const Variable& x, double rate, RandomKey key, Mode mode) {
  check(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
  if (mode == Mode::inference || rate == 0) return x;
  return record("dropout", drop(x.value(), rate, key), {x},
                [rate, key](const Tensor& dy, Gradients& d) { d.set(0, drop(dy, rate, key)); });
}

Dropout::Dropout(double rate) : rate_(rate) {
  check(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), the share of elements to drop, got {}", rate);
}

Config Dropout::config() const { return {type(), {{"rate", rate_}}, {}}; }

Variable Dropout::forward(const Variable& x, Mode mode) {
  if (mode == Mode::inference || rate_ == 0) return x;
  return dropout(x, rate_, default_generator().split(), mode);
}

}  // namespace gradus::inline GRADUS_PRECISION
