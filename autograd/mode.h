#pragma once

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// What a layer is used for: to learn (batch statistics, dropout on) or to predict (moving statistics, dropout off).
/// Every call says which; there is no default and no hidden state.
enum class Mode { training, inference };

}  // namespace gradus::inline GRADUS_PRECISION
