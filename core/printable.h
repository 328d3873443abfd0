#pragma once  // internal

#include <gradus/core/real.h>

#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Text from a file or from the user as a terminal may get it: control characters, marks that hide or reorder text and
/// bytes that are not UTF-8 become escapes such as \x1b and \u202e. Line breaks stay.
std::string escaped(std::string_view text);

/// The same, without line breaks, and cut to `max_length` bytes with "..." at the end.
std::string printable(std::string_view text, std::size_t max_length = 200);

}  // namespace gradus::inline GRADUS_PRECISION
