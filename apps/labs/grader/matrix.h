#pragma once

#include "workshop.h"

#include <string>
#include <vector>

namespace lab {

struct CheckOptions {
  std::size_t perturbations = 50;
  std::size_t pairs = 30;
};

/// Grades the solution, the starter, and wrong versions of the solution: each mistake, pairs of them, and
/// perturbations. For each version the result is "named", "located" (a crash, with its line), "silent", "wrong
/// name" or "full points"; for perturbations that change nothing "no change".
Json check(Workshop& workshop, const Lab& lab, const CheckOptions& options);

/// The figures of some labs as a table.
std::string table_of(const Json& matrix);

/// What is worse than in the committed matrix, and if less than 90 % are named or located, or more than 2 % wrongly.
std::vector<std::string> regressions(const Json& matrix, const Json& committed);

/// Mistakes that the committed matrix does not have.
std::vector<std::string> unmeasured(const Json& matrix, const Json& committed);

/// The committed matrix with these labs in place of what it had of them.
Json merged(const Json& committed, const Json& matrix);

}  // namespace lab
