#pragma once

#include <string>
#include <vector>

namespace study {

/// The names of a block in order: "dense batch relu" has three.
std::vector<std::string> names_of_block(const std::string& block);

}  // namespace study
