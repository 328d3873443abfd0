#include "record.h"

#include <gradus/core/check.h>

#include <limits>

namespace study {

std::string to_string(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  return text;
}

const std::vector<double>& Record::series(std::string_view name) const {
  const auto found = values.find(std::string(name));
  gradus::check(found != values.end(), "[study] expected a value '{}' in the run '{}', got none", name,
                to_string(labels));
  return found->second;
}

nlohmann::ordered_json to_json(const Record& record) {
  return {{"arm", record.labels},
          {"seed", record.seed},
          {"options", record.options},
          {"values", record.values},
          {"seconds", record.seconds}};
}

Record to_record(const nlohmann::ordered_json& json) {
  Record record{.labels = json.at("arm").get<Labels>(),
                .seed = json.at("seed").get<std::uint64_t>(),
                .options = json.at("options"),
                .values = {},
                .seconds = json.at("seconds").get<double>()};
  for (const auto& [name, series] : json.at("values").items()) {
    std::vector<double>& values = record.values[name];
    for (const auto& value : series) {
      values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
    }
  }
  return record;
}

}  // namespace study
