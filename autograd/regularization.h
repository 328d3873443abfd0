#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

/// l1 sum |x| + l2 sum x^2, a single number; the derivative of |x| at 0 is 0. Throws ValueError unless both factors are
/// finite and at least 0.
Variable l1_l2(const Variable& x, double l1, double l2);

/// The sum of the penalties of all trainable parameters that have a regularizer, to be added to a loss; the constant 0
/// if none has.
///
///     tape.backward(softmax_cross_entropy(logits, labels) + regularization(model.parameters()));
Variable regularization(Parameters parameters);

}  // namespace gradus::inline GRADUS_PRECISION
