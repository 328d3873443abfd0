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
  state.value(name_);
  best_ = std::numeric_limits<double>::infinity();
  if (is_maximized(name_)) best_ = -best_;
}

bool Monitor::improved(const TrainingState& state) {
  const double value = state.value(name_);
  const bool better = is_maximized(name_) ? value > best_ + min_delta_ : value < best_ - min_delta_;
  if (better) best_ = value;
  return better;
}

}  // namespace gradus::inline GRADUS_PRECISION
