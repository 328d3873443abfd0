#include "results.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>

namespace study {

std::vector<const Record*> Results::matching(const Labels& labels) const {
  std::vector<const Record*> found;
  for (const Record& record : records_) {
    if (std::ranges::includes(record.labels, labels)) found.push_back(&record);
  }
  gradus::check(!found.empty(), "[study] expected a run of '{}', got none", to_string(labels));
  return found;
}

std::vector<double> Results::each(const Labels& labels, const std::function<double(const Record&)>& number) const {
  std::vector<double> numbers;
  for (const Record* record : matching(labels)) numbers.push_back(number(*record));
  return numbers;
}

std::vector<double> Results::each(const Labels& labels, std::string_view name) const {
  return each(labels, [name](const Record& record) { return record.last(name); });
}

std::vector<double> Results::best(const Labels& labels, std::string_view name) const {
  std::map<std::uint64_t, double> highest;
  for (const Record* record : matching(labels)) {
    const double value = record->last(name);
    const auto [place, first] = highest.try_emplace(record->seed, value);
    if (!first) place->second = std::max(place->second, value);
  }
  std::vector<double> numbers;
  for (const auto& [seed, value] : highest) numbers.push_back(value);
  return numbers;
}

Quartiles Results::over(const Labels& labels, const std::function<double(const Record&)>& number) const {
  return quartiles(each(labels, number));
}

Quartiles Results::last(const Labels& labels, std::string_view name) const { return quartiles(each(labels, name)); }

Band Results::band(const Labels& labels, std::string_view name) const {
  std::vector<std::vector<double>> series;
  for (const Record* record : matching(labels)) series.push_back(record->series(name));
  return study::band(series);
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string percent(const Quartiles& q) {
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * q.median, 100 * q.low, 100 * q.high);
}

std::string number(double value) { return std::isnan(value) ? "not finite" : fmt::format("{:.3g}", value); }

std::string number(const Quartiles& q) {
  return fmt::format("{} ({} to {})", number(q.median), number(q.low), number(q.high));
}

}  // namespace study
