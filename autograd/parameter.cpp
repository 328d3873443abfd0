#include <gradus/autograd/parameter.h>

#include <cmath>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

void check_regularizer(std::string_view place, std::string_view option, const Regularizer& regularizer) {
  const auto allowed = [](double number) { return number >= 0 && std::isfinite(number); };
  check(allowed(regularizer.l1) && allowed(regularizer.l2),
        "[{}] expected a {} with finite l1 and l2 of at least 0, got l1 {} and l2 {}", place, option, regularizer.l1,
        regularizer.l2);
}

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
