#include <gradus/layers/registry/config_reader.h>

#include <gradus/core/names.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

const Config::Value* ConfigReader::find(std::string_view name) const {
  const auto found = std::ranges::find(config_.options, name, &std::pair<std::string, Config::Value>::first);
  return found == config_.options.end() ? nullptr : &found->second;
}

void ConfigReader::finish() const {
  for (const auto& [name, value] : config_.options) {
    find_name(config_.type, "option", name, known_);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
