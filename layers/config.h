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

/// Hands options out again: `reader("units", units)` overwrites `units` if the configuration names it.
class ConfigReader {
 public:
  explicit ConfigReader(const Config& config) : config_(config) {}

  /// Throws ValueError if the value is of another kind.
  template <class T>
  void operator()(const char* name, T& value) {
    known_.push_back(name);
    const Config::Value* found = find(name);
    if (found == nullptr) return;
    if constexpr (std::is_same_v<T, double>) {  // a whole number is a number too
      if (const auto* whole = std::get_if<Index>(found)) {
        value = static_cast<double>(*whole);
        return;
      }
    }
    const T* same = std::get_if<T>(found);
    check(same != nullptr, "[{}] expected another kind of value for option '{}'", config_.type, name);
    value = *same;
  }
  void operator()(const char* name, std::optional<double>& value) {
    const Config::Value* found = find(name);
    if (found != nullptr && *found == Config::Value(std::string(none))) {
      known_.push_back(name);
      value.reset();
      return;
    }
    double number = value.value_or(0);
    (*this)(name, number);
    if (found != nullptr) value = number;
  }
  /// Throws ValueError, suggesting the nearest name, for an option that nobody asked for.
  void finish() const;

 private:
  const Config::Value* find(std::string_view name) const;

  const Config& config_;
  std::vector<std::string_view> known_;
};

}  // namespace gradus::inline GRADUS_PRECISION
