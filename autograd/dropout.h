#pragma once

#include <gradus/autograd/mode.h>
#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

/// Inverted dropout (Srivastava et al. 2014): in training y = x mask / (1 - rate), where each element of the mask is 0
/// with probability `rate`, else 1; identity in inference. The mask depends on the key alone.
/// Throws ValueError unless 0 <= rate < 1.
Variable dropout(const Variable& x, double rate, RandomKey key, Mode mode);

}  // namespace gradus::inline GRADUS_PRECISION
