#include <gradus/core/printable.h>

#include <fmt/format.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = std::min(text.size(), text.find_first_of("\"\\\n"));  // which {:?} escapes, too
    const std::string quoted = fmt::format("{:?}", text.substr(0, length));
    result += quoted.substr(1, quoted.size() - 2);
    if (length < text.size()) result += text[length];
    text.remove_prefix(std::min(text.size(), length + 1));
  }
  return result;
}

std::string printable(std::string_view text, std::size_t max_length) {
  const bool cut = text.size() > max_length;
  while (cut && max_length > 0 && (text[max_length] & 0xC0) == 0x80) --max_length;  // the start of a character
  std::string result = escaped(text.substr(0, max_length)) + (cut ? "..." : "");
  for (std::size_t i; (i = result.find('\n')) != std::string::npos;) result.replace(i, 1, "\\n");
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
