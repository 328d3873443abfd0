#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace study {

/// What tells one arm of an experiment from the others: {{"norm", "batch"}, {"learning rate", "0.1"}}.
using Labels = std::map<std::string, std::string>;

/// "learning rate 0.1, norm batch"
std::string to_string(const Labels& labels);

/// One run: an arm with a seed, with what it was made of and what was measured.
struct Record {
  Labels labels;
  std::uint64_t seed = 0;
  nlohmann::ordered_json options;                     ///< lists of the networks and trainings, in their order
  std::map<std::string, std::vector<double>> values;  ///< by name, in order of measurement
  double seconds = 0;

  /// Appends to the options of that kind, "network" or "training".
  void note(const std::string& kind, const nlohmann::ordered_json& made_with) { options[kind].push_back(made_with); }
  /// Appends to the values of that name.
  void add(const std::string& name, double value) { values[name].push_back(value); }
  /// The values of a name. Throws ValueError if nothing was measured by it.
  const std::vector<double>& series(std::string_view name) const;
  double last(std::string_view name) const { return series(name).back(); }
};

/// One line of JSON; numbers keep every bit, those that are not finite become null and come back as NaN.
nlohmann::ordered_json to_json(const Record& record);
Record to_record(const nlohmann::ordered_json& json);

}  // namespace study
