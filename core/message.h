#pragma once  // internal

#include <gradus/core/real.h>

#include <cstdio>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Writes to standard output or error. If that cannot be written, for example to a full disk, the text is lost, and the
/// work goes on; fmt::print would throw.
inline void print_message(std::FILE* stream, const std::string& text) { std::fputs(text.c_str(), stream); }

}  // namespace gradus::inline GRADUS_PRECISION
