#pragma once

#include <gradus/core/real.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// What is running: version, scalar type, instruction set, OpenBLAS's version, flavour and kernel, number of threads.
std::string about();

}  // namespace gradus::inline GRADUS_PRECISION
