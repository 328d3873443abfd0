#pragma once

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// Whose form of an update to compute, where Keras and PyTorch differ. The same numbers come out of both forms of SGD
/// as long as the learning rate stays the same, and of both forms of Adam for an epsilon next to nothing.
enum class Convention { keras, pytorch };

}  // namespace gradus::inline GRADUS_PRECISION
