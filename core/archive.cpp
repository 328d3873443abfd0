#include <gradus/core/archive.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradus::inline GRADUS_PRECISION {

Archive& Archive::operator()(std::string_view name, std::vector<double>& values) {
  std::string text = fmt::format("{}", fmt::join(values, " "));
  (*this)(name, text);
  if (!restoring()) return *this;
  values.clear();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const auto [next, error] = std::from_chars(at, end, values.emplace_back());
    check<StateError>(error == std::errc() && (next == end || *next == ' '),
                      "[checkpoint] expected numbers as {}{}, got '{}'", prefix_, name, text);
    at = next + (next != end);
  }
  return *this;
}

}  // namespace gradus::inline GRADUS_PRECISION
