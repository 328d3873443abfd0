#pragma once

#include <gradus/layers/config.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Hands options out again: `reader("units", units)` overwrites `units` if the configuration names it.
class ConfigReader {
 public:
  explicit ConfigReader(const Config& config) : config_(config) {}

  /// Throws ValueError if the value is of another kind.
  template <class T>
  void operator()(const char* name, T& value) {
    known_.emplace_back(name);
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
    if (found != nullptr && *found == Config::Value(std::string(no_value))) {
      known_.emplace_back(name);
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

/// The options struct that a layer was made with, from its configuration.
template <class Options>
Options options_of(const Config& config) {
  Options options;
  ConfigReader reader(config);
  visit(options, reader);
  return options;
}

}  // namespace gradus::inline GRADUS_PRECISION
