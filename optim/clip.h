#pragma once

#include <gradus/autograd/parameter_list.h>

namespace gradus::inline GRADUS_PRECISION {

/// Scales the gradients of all trainable parameters by min(1, max_norm / norm) (Pascanu et al. 2013), where norm is the
/// root of the sum of all their squares; returns this norm. Call it between `backward` and `step`.
/// A norm that is NaN or infinite is returned too, and the gradients stay as they are, for the caller to see.
/// The sum is in double, the same for any number of threads. Throws ValueError unless max_norm > 0.
double clip_by_global_norm(Parameters parameters, double max_norm);

/// The same for every tensor by itself: scales each gradient by min(1, max_norm / its own norm) (Keras' clipnorm).
void clip_by_norm(Parameters parameters, double max_norm);

/// Moves every element of the gradients of all trainable parameters into [-limit, limit] (Keras' clipvalue, PyTorch's
/// clip_grad_value_). NaN stays NaN. Throws ValueError unless limit > 0.
void clip_by_value(Parameters parameters, double limit);

}  // namespace gradus::inline GRADUS_PRECISION
