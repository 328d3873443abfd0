#include <gradus/files/json.h>

#include <gradus/core/check.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Handles the events of nlohmann's parser.
class JsonBuilder {
 public:
  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  Json root;

  bool null() { return add({nullptr}) != nullptr; }
  bool boolean(bool value) { return add({value}) != nullptr; }
  bool number_integer(std::int64_t value) { return add({Index{value}}) != nullptr; }
  bool number_float(double value, const std::string&) { return add({value}) != nullptr; }
  bool string(std::string& value) { return add({std::move(value)}) != nullptr; }
  bool binary(std::vector<std::uint8_t>&) { return false; }

  bool number_unsigned(std::uint64_t value) {
    check(value <= std::numeric_limits<Index>::max(), "[model file] expected an integer of 64 bits, got {}", value);
    return number_integer(static_cast<Index>(value));
  }

  bool start_object(std::size_t) { return open({JsonObject()}); }
  bool start_array(std::size_t) { return open({JsonArray()}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& text) {
    key_ = std::move(text);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    check(false, "[model file] expected JSON in UTF-8, got something else before byte {}", position);
    return false;
  }

 private:
  Json* add(Json json) {
    check(++values_ <= limits_.values, "[model file] expected a configuration of at most {} values, got more",
          limits_.values);
    if (open_.empty()) {
      root = std::move(json);
      return &root;
    }
    if (auto* array = std::get_if<JsonArray>(&open_.back()->value)) return &array->emplace_back(std::move(json));
    auto& object = std::get<JsonObject>(open_.back()->value);
    object.keys.push_back(std::move(key_));
    return &object.values.emplace_back(std::move(json));
  }

  bool open(Json json) {
    check(std::ssize(open_) < limits_.depth, "[model file] expected {}, got more", limits_.depth_text);
    open_.push_back(add(std::move(json)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const JsonLimits& limits_;
  int values_ = 0;
  std::string key_;
  std::vector<Json*> open_;  // only the last one grows, so that the others stay where they are
};

}  // namespace

const Json* Json::find(std::string_view key) const {
  const auto* object = std::get_if<JsonObject>(&value);
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::find(object->keys, key);
  return found == object->keys.end() ? nullptr
                                     : &object->values[static_cast<std::size_t>(found - object->keys.begin())];
}

void Json::fail(std::string_view what) const {
  constexpr std::array names{"null", "a truth value", "an integer", "a number", "a text", "an array", "an object"};
  const auto* number = std::get_if<double>(&value);
  const auto* integer = std::get_if<Index>(&value);
  const std::string got = number != nullptr    ? fmt::format("{}", *number)
                          : integer != nullptr ? fmt::format("{}", *integer)
                                               : names[value.index()];
  throw ValueError(fmt::format("[model file] expected {}, got {}", what, got));
}

Json parse_json(const std::string& text, const JsonLimits& limits) {
  JsonBuilder builder(limits);
  nlohmann::json::sax_parse(text, &builder);
  return std::move(builder.root);
}

std::string json_text(const std::variant<bool, Index, double, std::string>& value) {
  return std::visit([](const auto& v) { return nlohmann::json(v).dump(); }, value);
}

}  // namespace gradus::inline GRADUS_PRECISION
