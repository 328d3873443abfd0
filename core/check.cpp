#include <gradus/core/check.h>

#include <gradus/core/printable.h>

namespace gradus::inline GRADUS_PRECISION {

Error::Error(const std::string& text) : std::runtime_error(escaped(text)) {}

std::string with_separators(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace gradus::inline GRADUS_PRECISION
