#include <gradus/train/callback.h>

#include <gradus/core/names.h>

namespace gradus::inline GRADUS_PRECISION {

History::Row TrainingState::numbers() const {
  const auto measured = [this](const Metrics& m) { return classes > 0 ? m.accuracy : m.mean_absolute_error; };
  History::Row row{{"epoch", epoch}, {"loss", training.loss}, {metric(), measured(training)}};
  if (validation) {
    row.emplace_back("validation_loss", validation->loss);
    row.emplace_back(fmt::format("validation_{}", metric()), measured(*validation));
  }
  row.emplace_back("learning_rate", learning_rate);
  row.emplace_back("seconds", seconds);
  return row;
}

double TrainingState::value(std::string_view name) const {
  const bool of_validation = name.starts_with("validation_");
  check(validation.has_value() || !of_validation,
        "[fit] expected validation data for '{}', got none; give .validation or .validation_split", name);
  const History::Row row = numbers();
  return find_name("fit", "number", name, row, &History::Row::value_type::first)->second;
}

}  // namespace gradus::inline GRADUS_PRECISION
