#pragma once

#include <gradus/core/real.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// A description of the running library: version, scalar type, instruction set, BLAS, number of threads.
std::string about();

/// The linked BLAS: "OpenBLAS 0.3.21 (OpenMP flavour), kernel Haswell".
std::string blas_description();

}  // namespace gradus::inline GRADUS_PRECISION
