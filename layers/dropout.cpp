#include <gradus/layers/dropout.h>

#include <gradus/autograd/dropout.h>

namespace gradus::inline GRADUS_PRECISION {

Dropout::Dropout(double rate) : rate_(rate) {
  check(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), the share of elements to drop, got {}", rate);
}

Config Dropout::config() const { return {type(), {{"rate", rate_}}, {}}; }

Variable Dropout::forward(const Variable& x, Mode mode) {
  if (mode == Mode::inference || rate_ == 0) return x;
  return dropout(x, rate_, default_generator().split(), mode);
}

}  // namespace gradus::inline GRADUS_PRECISION
