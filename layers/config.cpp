#include <gradus/layers/config.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

const Config::Value* ConfigReader::find(std::string_view name) const {
  const auto found = std::ranges::find(config_.options, name, &std::pair<std::string, Config::Value>::first);
  return found == config_.options.end() ? nullptr : &found->second;
}

void ConfigReader::finish() const {
  for (const auto& [name, value] : config_.options) {
    check(std::ranges::find(known_, name) != known_.end(), "[{}] {}", config_.type,
          unknown_name("option", name, known_));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
