#include <gradus/train/callback.h>

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
  const History::Row row = numbers();
  std::vector<std::string_view> known;
  for (const auto& [candidate, number] : row) {
    if (candidate == name) return number;
    known.push_back(candidate);
  }
  check(validation.has_value() || !name.starts_with("validation_"),
        "[fit] expected validation data for '{}', got none; give .validation or .validation_split", name);
  throw ValueError(fmt::format("[fit] {}", unknown_name("number", name, known)));
}

}  // namespace gradus::inline GRADUS_PRECISION
