#pragma once

#include "workshop.h"

#include <string>
#include <vector>

namespace lab {

struct CheckOptions {
  std::size_t part = 0;  ///< of `parts`, by turns over the variants of each lab
  std::size_t parts = 1;
  std::size_t perturbations = 50;
  std::size_t pairs = 30;
};

/// Grades the solution, the starter, and wrong versions of the solution: each mistake, pairs of them, and
/// perturbations. For each version the result is "named", "silent", "wrong name" or "full points"; for perturbations
/// that change nothing "no change".
Json check(Workshop& workshop, const Lab& lab, const CheckOptions& options);

/// The figures of some labs as a table.
std::string table_of(const Json& matrix);

/// What is worse than in the committed matrix, or misses the bars.
std::vector<std::string> regressions(const Json& matrix, const Json& committed);

}  // namespace lab
