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

std::string one_line(const Experiment& experiment, const Verdict& verdict) {
  return fmt::format("{:<26}{:<17}{}", experiment.name, verdict.word, verdict.count());
}

}  // namespace study
