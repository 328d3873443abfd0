#pragma once

#include <gradus/core/names.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

// What the command lines of the programs share.

/// A check for CLI11 that an option is one of these names. Suggests the nearest for one that is misspelt.
inline auto one_of(std::string_view kind, std::vector<std::string> names) {
  return [kind, names = std::move(names)](const std::string& text) {
    const bool known = std::ranges::find(names, text) != names.end();
    return known ? std::string() : gradus::unknown_name(kind, text, names);
  };
}
