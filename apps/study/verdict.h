#pragma once

#include "experiment.h"

namespace study {

/// What the seeds say: about a criterion, that it holds, that its opposite holds, or neither (see `sign_of`); about a
/// claim, that all its criteria are reproduced, that at least one is not, or neither.
enum class Finding { reproduced, not_reproduced, not_told_apart };
/// "not told apart"
std::string to_string(Finding finding);

/// The finding on one criterion.
struct Outcome {
  Finding finding = Finding::not_told_apart;
  /// The numbers, the share of the seeds, and how many seeds would do: "95.3 % against 95.1 %, in 4 of 6 seeds; about
  /// 31 seeds would tell"
  std::string observed;
};

/// The verdict on a claim.
struct Verdict {
  Finding finding = Finding::not_told_apart;
  std::vector<Outcome> outcomes;  ///< one per criterion

  std::size_t held() const;
  /// "2 of 3 criteria"
  std::string count() const;
};

Outcome judge(const Evidence& evidence);
Verdict judge(const Experiment& experiment, const Results& results);

/// "placement                 not told apart   2 of 3 criteria", and a line for every criterion that is not reproduced,
/// with the numbers observed.
std::string summary(const Experiment& experiment, const Verdict& verdict);

}  // namespace study
