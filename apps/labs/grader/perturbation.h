#pragma once

#include "course.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lab {

/// A solution with one token changed: a constant, a sign, an index, a comparison.
struct Perturbation {
  std::string what;  ///< "line 23: + in place of -"
  std::string source;
};

/// All of them in an order that the seed decides.
std::vector<Perturbation> perturbations(const Lab& lab, std::uint64_t seed);

}  // namespace lab
