#include <gradus/autograd/parameter.h>

#include <cmath>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

void Parameter::set_learning_rate_multiplier(double multiplier) {
  check(multiplier >= 0 && std::isfinite(multiplier),
        "[{}] expected a finite learning rate multiplier, at least 0, got {}", name_, multiplier);
  learning_rate_multiplier_ = multiplier;
}

Parameter& Parameters::operator[](std::string_view name) const {
  std::vector<std::string_view> names;
  for (Parameter& parameter : *this) {
    if (parameter.name() == name) return parameter;
    names.push_back(parameter.name());
  }
  throw ValueError(fmt::format("[parameters] {}", unknown_name("parameter", name, names)));
}

}  // namespace gradus::inline GRADUS_PRECISION
