#pragma once

#include "experiment.h"

namespace study {

/// The verdict on a claim: "reproduced" if all criteria hold, "not reproduced" if none holds, "mixed" otherwise.
struct Verdict {
  std::string word;
  std::vector<Criterion::Outcome> outcomes;  ///< one per criterion

  std::size_t held() const;
  /// "2 of 3 criteria"
  std::string count() const;
};

Verdict judge(const Experiment& experiment, const Results& results);

/// "placement                 mixed            2 of 3 criteria", and a line for every criterion that does not hold,
/// with the numbers observed.
std::string summary(const Experiment& experiment, const Verdict& verdict);

}  // namespace study
