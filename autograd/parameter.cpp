#include <gradus/autograd/parameter.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

Parameter& Parameters::operator[](std::string_view name) const {
  std::vector<std::string_view> names;
  for (Parameter& parameter : *this) {
    if (parameter.name() == name) return parameter;
    names.push_back(parameter.name());
  }
  throw ValueError(fmt::format("[parameters] {}", unknown_name("parameter", name, names)));
}

}  // namespace gradus::inline GRADUS_PRECISION
