#pragma once

#include "course.h"

#include <string>
#include <utility>
#include <vector>

namespace lab {

/// Results of a class: the name of each file and what it holds.
using ClassResults = std::vector<std::pair<std::string, Json>>;

/// Points by lab, which mistakes were made and how often, hints that were taken, days from the first to the last run.
std::string class_text(const ClassResults& results);

/// The same as a page.
std::string class_html(const ClassResults& results);

}  // namespace lab
