#pragma once

#include <cstddef>

/// The scalar type of a build. The library is compiled twice from the same sources, as `gradus` (float) and as
/// `gradus_double` (GRADUS_DOUBLE defined). The inline namespace keeps the two apart, so that one program can link
/// both.
#ifdef GRADUS_DOUBLE
#define GRADUS_PRECISION float64
#else
#define GRADUS_PRECISION float32
#endif

namespace gradus::inline GRADUS_PRECISION {

#ifdef GRADUS_DOUBLE
using Real = double;
#else
using Real = float;
#endif

/// Sizes and positions. Signed, so that differences can be negative.
using Index = std::ptrdiff_t;

}  // namespace gradus::inline GRADUS_PRECISION
