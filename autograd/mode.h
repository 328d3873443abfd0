#pragma once

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// Training (batch statistics, dropout on) or inference (moving statistics, dropout off). Every call takes it as an
/// argument; there is no default and no hidden state.
enum class Mode { training, inference };

}  // namespace gradus::inline GRADUS_PRECISION
