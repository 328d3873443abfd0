#include "verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace study {

std::size_t Verdict::held() const {
  return static_cast<std::size_t>(std::ranges::count(outcomes, true, &Criterion::Outcome::holds));
}

std::string Verdict::count() const {
  return fmt::format("{} of {} {}", held(), outcomes.size(), outcomes.size() == 1 ? "criterion" : "criteria");
}

Verdict judge(const Experiment& experiment, const Results& results) {
  Verdict verdict;
  for (const Criterion& criterion : experiment.criteria) verdict.outcomes.push_back(criterion.judge(results));
  verdict.word = verdict.held() == verdict.outcomes.size() ? "reproduced"
                 : verdict.held() == 0                     ? "not reproduced"
                                                           : "mixed";
  return verdict;
}

std::string summary(const Experiment& experiment, const Verdict& verdict) {
  std::string text = fmt::format("{:<26}{:<17}{}", experiment.name, verdict.word, verdict.count());
  for (std::size_t i = 0; i < verdict.outcomes.size(); ++i) {
    const Criterion::Outcome& outcome = verdict.outcomes[i];
    if (outcome.holds) continue;
    text += fmt::format("\n  does not hold: {} (observed: {})", experiment.criteria[i].text, outcome.observed);
  }
  return text;
}

}  // namespace study
