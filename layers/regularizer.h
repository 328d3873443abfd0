#pragma once

#include <gradus/autograd/losses.h>

namespace gradus::inline GRADUS_PRECISION {

class Layer;

struct RegularizedParameter {
  Parameter* parameter;
  Regularizer regularizer;
};

/// The sum of the penalties of all trainable parameters of a layer, and of those within, to be added to a loss; the
/// constant 0 if there is none. Of a const layer it is a constant.
///
///     tape.backward(softmax_cross_entropy(logits, labels) + regularization(model));
Variable regularization(Layer& layer);
Variable regularization(const Layer& layer);

}  // namespace gradus::inline GRADUS_PRECISION
