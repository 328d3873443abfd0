#include "verdict.h"

#include <gradus/core/check.h>

#include <algorithm>

namespace study {

namespace {

Finding finding_of(Sign sign) {
  switch (sign) {
    case Sign::positive:
      return Finding::reproduced;
    case Sign::negative:
      return Finding::not_reproduced;
    case Sign::unclear:
      return Finding::not_told_apart;
  }
  return Finding::not_told_apart;
}

std::string seeds_that_would_tell(const std::vector<double>& excess) {
  constexpr double many = 1000;
  const std::optional<double> needed = pairs_needed(excess);
  const auto next = static_cast<double>(excess.size() + 1);
  if (excess.size() < min_pairs) return fmt::format("at least {} seeds can tell", min_pairs);
  if (!needed) return "no number of seeds would tell";
  if (*needed > many) return fmt::format("more than {} seeds would tell", gradus::with_separators(gradus::Index{1000}));
  return fmt::format("about {:.0f} seeds would tell", std::max(*needed, next));
}

}  // namespace

std::string to_string(Finding finding) {
  switch (finding) {
    case Finding::reproduced:
      return "reproduced";
    case Finding::not_reproduced:
      return "not reproduced";
    case Finding::not_told_apart:
      return "not told apart";
  }
  return "";
}

std::size_t Verdict::held() const {
  return static_cast<std::size_t>(std::ranges::count(outcomes, Finding::reproduced, &Outcome::finding));
}

std::string Verdict::count() const {
  return fmt::format("{} of {} {}", held(), outcomes.size(), outcomes.size() == 1 ? "criterion" : "criteria");
}

Outcome judge(const Evidence& evidence) {
  const auto holding = std::ranges::count_if(evidence.excess, [](double excess) { return excess > 0; });
  Outcome outcome{finding_of(sign_of(evidence.excess)),
                  fmt::format("{}, in {} of {} seeds", evidence.observed, holding, evidence.excess.size())};
  if (outcome.finding == Finding::not_told_apart) outcome.observed += "; " + seeds_that_would_tell(evidence.excess);
  return outcome;
}

Verdict judge(const Experiment& experiment, const Results& results) {
  Verdict verdict;
  for (const Criterion& criterion : experiment.criteria) verdict.outcomes.push_back(judge(criterion.evidence(results)));
  if (std::ranges::count(verdict.outcomes, Finding::not_reproduced, &Outcome::finding) > 0) {
    verdict.finding = Finding::not_reproduced;
  } else if (verdict.held() == verdict.outcomes.size()) {
    verdict.finding = Finding::reproduced;
  }
  return verdict;
}

std::string summary(const Experiment& experiment, const Verdict& verdict) {
  std::string text = fmt::format("{:<26}{:<17}{}", experiment.name, to_string(verdict.finding), verdict.count());
  for (std::size_t i = 0; i < verdict.outcomes.size(); ++i) {
    const auto& [finding, observed] = verdict.outcomes[i];
    if (finding == Finding::reproduced) continue;
    text += fmt::format("\n  {}: {} (observed: {})", to_string(finding), experiment.criteria[i].text, observed);
  }
  return text;
}

}  // namespace study
