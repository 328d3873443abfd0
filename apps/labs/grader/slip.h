#pragma once

#include "course.h"

#include <vector>

namespace lab {

/// The solution with one token changed, as a mistake of the task in whose function it is: a constant, a sign, an index,
/// a comparison. Nothing where the solution is not there.
std::vector<Mistake> slips_of(const Lab& lab);

}  // namespace lab
