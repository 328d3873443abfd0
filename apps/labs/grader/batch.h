#pragma once

#include "course.h"

#include <cstddef>
#include <string>
#include <vector>

namespace lab {

// Many versions of a solution in one source: most of the time of a short compilation goes into the standard headers.
// Each version stands, with the headers of its lab and of the labs that it needs, in a namespace of its own whose name
// has as many letters as `student`, so that writing `student` over it in the object file makes that version the
// student's. A type that stays in `student` would not do: symbols abbreviate a namespace that occurs twice.

/// Versions of the solution, one after the other.
std::string batch_of(const Course& course, const Lab& lab, const std::vector<std::string>& versions);

/// The lines of the compiler's output that are about each of the versions.
std::vector<std::string> messages_of_batch(const std::string& output, std::size_t versions);

/// The object file of a batch with one of its versions in namespace student.
std::string object_with(std::string object, std::size_t version);

}  // namespace lab
