#pragma once

#include <gradus/core/shape.h>

#include <optional>
#include <string>
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

/// The text that stands for an optional number that is not there.
constexpr const char* none = "none";

/// Collects options: `writer("units", units)`.
class ConfigWriter {
 public:
  explicit ConfigWriter(std::string type) { config_.type = std::move(type); }

  template <class T>
  void operator()(const char* name, const T& value) {
    config_.options.emplace_back(name, value);
  }
  void operator()(const char* name, const std::optional<double>& value) {
    value ? (*this)(name, *value) : (*this)(name, std::string(none));
  }
  Config take() && { return std::move(config_); }

 private:
  Config config_;
};

/// The configuration of a layer that is made from an options struct alone.
template <class Options>
Config config_of(std::string type, Options options) {
  ConfigWriter writer(std::move(type));
  visit(options, writer);
  return std::move(writer).take();
}

}  // namespace gradus::inline GRADUS_PRECISION
