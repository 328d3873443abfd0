#pragma once

#include "grading.h"
#include "terminal.h"

#include <string>

namespace lab {

/// The table of points, and below each task that fails what is wrong with it.
std::string report(const LabResult& result, const Terminal& terminal);

/// "not written yet", or which needed function is not written; for a task without a failure.
std::string unwritten_text(const TaskResult& task);

/// One task's part of it.
std::string explain(const Lab& lab, const TaskResult& task, const Terminal& terminal);

/// "no path through the variance", with what is to be said about how it was found.
std::string in_words(const Diagnosis& diagnosis);

/// "dx[0][2]: got -0.2113, expected -0.1541"
std::string first_difference(const Observation& got, const Observation& expected, std::size_t element);

}  // namespace lab
