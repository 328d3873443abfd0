#pragma once

#include <gradus/core/real.h>

// The version of the headers, for the preprocessor. The build reads it from here.
#define GRADUS_VERSION_MAJOR 0
#define GRADUS_VERSION_MINOR 2
#define GRADUS_VERSION_PATCH 0

namespace gradus::inline GRADUS_PRECISION {

/// The version of the linked library: "0.2.0". It differs from the macros above if a program was compiled with the
/// headers of another version.
const char* version();

}  // namespace gradus::inline GRADUS_PRECISION
