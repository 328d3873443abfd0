#pragma once  // internal

#include <gradus/core/real.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct Json;
using JsonArray = std::vector<Json>;

struct JsonObject {
  std::vector<std::string> keys;
  std::vector<Json> values;  ///< one of each key
};

/// A JSON value (RFC 8259) of a file. Unlike nlohmann::json, whose destructor allocates and so ends the program when
/// memory is short.
struct Json {
  std::variant<std::nullptr_t, bool, Index, double, std::string, JsonArray, JsonObject> value;

  /// The entry of an object, null if there is none or if this is not an object.
  const Json* find(std::string_view key) const;
  /// This value as a Value. Throws ValueError, with what was expected, for another type.
  template <class Value>
  const Value& as(std::string_view what) const& {
    if (const Value* found = std::get_if<Value>(&value)) return *found;
    fail(what);
  }
  template <class Value>
  const Value& as(std::string_view what) const&& = delete;

 private:
  [[noreturn]] void fail(std::string_view what) const;
};

struct JsonLimits {
  int depth;
  std::string_view depth_text;  ///< what the depth allows, for error texts
  int values;
};

/// Throws ValueError for text that is not JSON, integers beyond 64 bits, and more than the limits allow.
Json parse_json(const std::string& text, const JsonLimits& limits);

/// JSON text of a number, a truth value or a text in UTF-8.
std::string json_text(const std::variant<bool, Index, double, std::string>& value);

}  // namespace gradus::inline GRADUS_PRECISION
