#include <gradus/train/callbacks/monitor.h>

#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

Monitor::Monitor(std::string_view context, std::string name, double min_delta)
    : name_(std::move(name)), min_delta_(min_delta) {
  check(min_delta >= 0 && std::isfinite(min_delta), "[{}] expected a finite min_delta, at least 0, got {}", context,
        min_delta);
}

void Monitor::reset(const TrainingState& state) {
  best_ = std::numeric_limits<double>::infinity();
  if (state.number(name_).better == Better::higher) best_ = -best_;
}

bool Monitor::improved(const TrainingState& state) {
  const auto [name, value, better] = state.number(name_);
  const bool best = better == Better::higher ? value > best_ + min_delta_ : value < best_ - min_delta_;
  if (best) best_ = value;
  return best;
}

}  // namespace gradus::inline GRADUS_PRECISION
