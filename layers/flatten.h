#pragma once

#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// (N, ...) to (N, features): all axes but the first in one.
class Flatten : public Layer {
 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

}  // namespace gradus::inline GRADUS_PRECISION
