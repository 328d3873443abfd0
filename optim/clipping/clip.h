#pragma once

#include <gradus/autograd/parameter_list.h>

namespace gradus::inline GRADUS_PRECISION {

/// Scales the gradients of all trainable parameters by min(1, max_norm / norm) and returns norm, the root of the sum of
/// all their squares (Pascanu et al. 2013). Call it between `backward` and `step`.
/// If norm is NaN or infinite, the gradients are unchanged. The sum is computed in double and is the same for any
/// number of threads. Throws ValueError unless max_norm > 0, ShapeError if the shape of a gradient is not its
/// parameter's.
double clip_by_global_norm(Parameters parameters, double max_norm);

/// Scales each gradient separately by min(1, max_norm / norm of this gradient) (Keras' clipnorm). Otherwise the same.
void clip_by_norm(Parameters parameters, double max_norm);

/// Clips every element of the gradients of all trainable parameters to [-limit, limit] (Keras' clipvalue, PyTorch's
/// clip_grad_value_). NaN stays NaN. Throws ValueError unless limit > 0, ShapeError as above.
void clip_by_value(Parameters parameters, double limit);

}  // namespace gradus::inline GRADUS_PRECISION
