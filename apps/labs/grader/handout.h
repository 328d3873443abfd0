#pragma once

#include "course.h"
#include "terminal.h"

#include <string>

namespace lab {

/// A handout in the terminal: headings and emphasis as the terminal has them, paragraphs wrapped, code as it stands.
std::string handout_for(const std::string& markdown, const Terminal& terminal);

/// The same as a page.
std::string handout_page(const std::string& markdown, const Lab& lab);

}  // namespace lab
