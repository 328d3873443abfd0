#pragma once

#include "experiment.h"

namespace study {

/// How a claim came out: "reproduced" if all criteria hold, "not reproduced" if none does, "mixed" otherwise.
struct Verdict {
  std::string word;
  std::vector<Criterion::Outcome> outcomes;  ///< of the criteria, in order

  std::size_t held() const;
  /// "2 of 3 criteria"
  std::string count() const;
};

Verdict judge(const Experiment& experiment, const Results& results);

/// "convergence          reproduced       3 of 3 criteria"
std::string one_line(const Experiment& experiment, const Verdict& verdict);

}  // namespace study
