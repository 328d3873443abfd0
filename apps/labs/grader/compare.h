#pragma once

#include "commands.h"

#include <optional>
#include <vector>

namespace lab {

/// The time of the student's code, of all tasks, as a ratio to that of the reference. Nothing if it does not run.
std::optional<double> speed_ratio(Context& context, const Lab& lab);

/// The command: a table of the tasks of each lab. Returns the exit code of the program.
int compare(Context& context, const std::vector<const Lab*>& labs);

}  // namespace lab
