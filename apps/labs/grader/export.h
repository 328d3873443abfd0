#pragma once

#include "grading.h"

namespace lab {

/// Copies the tree without solutions, mutants, answers and hidden seeds, with these labs and those that they need. In
/// place of the solutions: their libraries, and what the cases report with each mistake, for each of these seeds.
void export_for_students(Workshop& workshop, const std::vector<const Lab*>& labs,
                         const std::vector<GradeOptions>& seeds, const fs::path& to);

}  // namespace lab
