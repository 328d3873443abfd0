#pragma once

#include "verdict.h"
#include "workshop.h"

#include <functional>
#include <string>
#include <vector>

namespace lab {

/// The name of what is wrong. Empty: not known.
struct Diagnosis {
  enum class Kind { unknown, same, multiple, sum, product, pair };
  Kind kind = Kind::unknown;
  std::vector<const Mistake*> mistakes;
  const Mistake* same_numbers = nullptr;  ///< another mistake that cannot be told from the first one here
  double factor = 1;
  bool known() const { return kind != Kind::unknown; }
};

/// What a diagnosis is made from: the cases of a task, those that pass included, and a way to run the student's code on
/// other inputs.
struct Symptoms {
  const Lab& lab;
  std::string task;
  std::vector<const CaseVerdict*> cases;
  std::function<CaseRun(const CaseName&, std::uint64_t seed)> rerun;
  double budget = 60;     ///< seconds of computing in which mutants and pairs of mutants may be compiled
  bool all_pairs = true;  ///< those too of which neither explains a part of what is wrong
};

/// Names a mistake only if it fits every failing case of the task, on two inputs each.
Diagnosis diagnose(Workshop& workshop, const Symptoms& symptoms);

}  // namespace lab
