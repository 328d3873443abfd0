#pragma once

#include "course.h"

#include <string>
#include <vector>

namespace lab {

/// What is wrong with the functions that a student's library exports, in words.
struct SymbolFaults {
  std::vector<std::string> texts;
  bool own_main = false;
};

/// Compares with the solution's library: the functions of the lab's header, by name and parameters.
SymbolFaults compare_symbols(const Lab& lab, const fs::path& student, const fs::path& solution);

}  // namespace lab
