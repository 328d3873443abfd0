#include <gradus/train/callback.h>

#include <gradus/core/names.h>

namespace gradus::inline GRADUS_PRECISION {

History::Row TrainingState::numbers() const {
  History::Row row{{"epoch", static_cast<double>(epoch)}};
  const auto add = [&](const Metrics& metrics, const std::string& prefix) {
    row.push_back({prefix + "loss", metrics.loss});
    for (const History::Number& metric : metrics.values) {
      row.push_back({prefix + metric.name, metric.value, metric.better});
    }
  };
  add(training, "");
  if (validation) add(*validation, "validation_");
  row.push_back({"learning_rate", learning_rate});
  row.push_back({"seconds", seconds});
  return row;
}

History::Number TrainingState::number(std::string_view name) const {
  check(validation.has_value() || !name.starts_with("validation_"),
        "[fit] expected validation data for '{}', got none; give .validation or .validation_split", name);
  const History::Row row = numbers();
  return *find_name("fit", "number", name, row, &History::Number::name);
}

}  // namespace gradus::inline GRADUS_PRECISION
