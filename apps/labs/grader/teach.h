#pragma once

#include "grading.h"

namespace lab {

/// What a failure without a name leaves behind: the lab, the task, the failing cases with what they reported, and the
/// student's file.
Json reproduction(const LabResult& result, const TaskResult& task);

/// A task whose failure has no name although there is something to compare.
bool is_unknown(const TaskResult& task);

/// Adds a mistake to the list of its lab, if its numbers are those of the reproduction file.
void teach(Workshop& workshop, const Json& reproduction, Mistake mistake);

}  // namespace lab
