#pragma once

#include "workshop.h"

namespace lab {

/// Copies the tree without solutions, mutants, answers and hidden seeds. In their place: the libraries of the
/// solutions, and what the cases report with each mistake.
void export_for_students(Workshop& workshop, const fs::path& to);

}  // namespace lab
