#pragma once

#include "course.h"

namespace lab {

/// The starter of a solution: what stands between BEGIN SOLUTION and END SOLUTION is replaced by a line that throws
/// NotImplemented with the task and the name of the function.
std::string cut(const Lab& lab, const std::string& solution);

}  // namespace lab
