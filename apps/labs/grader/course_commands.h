#pragma once

#include "commands.h"
#include "matrix.h"

#include <string>
#include <vector>

namespace lab {

// The commands for those who give the course. Each returns the exit code of the program.

/// Text, and a page if one is named, of the results files of a class.
int show_class(const std::vector<std::string>& files, const std::string& page);
/// Compiles and runs what the names of mistakes are found with.
int prepare(Context& context, const std::vector<const Lab*>& labs);
/// Grades wrong versions of the solutions. Keeps the result in matrix.json if asked to.
int check_labs(Context& context, const std::vector<const Lab*>& labs, const CheckOptions& options, bool keep);
/// Cuts the starters from the solutions, or only says which are not up to date.
int cut_starters(const Course& course, bool check);

}  // namespace lab
