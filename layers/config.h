#pragma once

#include <gradus/core/shape.h>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// What a layer was made with, as plain values, so that it can be written to a file and made again.
struct Config {
  using Value = std::variant<bool, Index, double, std::string, Shape>;

  std::string type;
  std::vector<std::pair<std::string, Value>> options;
  std::vector<Config> layers;  ///< of a container

  friend bool operator==(const Config&, const Config&) = default;
};

/// The text that stands for an optional number without a value.
constexpr const char* no_value = "none";

/// The configuration of a layer that is made from an options struct, whose `visit` names each option.
template <class Options>
Config config_of(std::string type, Options options) {
  Config config{std::move(type), {}, {}};
  auto write = [&](const char* name, const auto& value) {
    if constexpr (std::is_same_v<decltype(value), const std::optional<double>&>) {
      config.options.emplace_back(name, value ? Config::Value(*value) : Config::Value(std::string(no_value)));
    } else {
      config.options.emplace_back(name, value);
    }
  };
  visit(options, write);
  return config;
}

}  // namespace gradus::inline GRADUS_PRECISION
