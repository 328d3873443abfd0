#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace study {

/// The labels that identify an arm of an experiment: {{"norm", "batch"}, {"learning rate", "0.1"}}.
using Labels = std::map<std::string, std::string>;

/// "learning rate 0.1, norm batch"
std::string to_string(const Labels& labels);

/// One run: an arm and a seed, with the options used and the values measured.
struct Record {
  Labels labels;
  std::uint64_t seed = 0;
  nlohmann::ordered_json options;                     ///< lists of the networks and trainings, in order
  std::map<std::string, std::vector<double>> values;  ///< by name, in order of measurement
  double seconds = 0;

  /// Appends to the options of a kind, "network" or "training".
  void add_options(const std::string& kind, const nlohmann::ordered_json& used) { options[kind].push_back(used); }
  /// Appends to the values of a name.
  void add(const std::string& name, double value) { values[name].push_back(value); }
  /// The values of a name. Throws ValueError if there are none.
  const std::vector<double>& series(std::string_view name) const;
  double last(std::string_view name) const { return series(name).back(); }
};

/// One line of JSON. Finite numbers keep every bit; others are written as null and read as NaN.
nlohmann::ordered_json to_json(const Record& record);
Record to_record(const nlohmann::ordered_json& json);

}  // namespace study
