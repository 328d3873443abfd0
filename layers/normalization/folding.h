#pragma once

#include <gradus/layers/sequential.h>

namespace gradus::inline GRADUS_PRECISION {

/// The model for inference, without the batch normalizations that can be worked into the layer before them. In
/// inference a normalization is one factor and one summand per feature,
///
///     s = gamma / sqrt(moving_variance + epsilon)
///     kernel' = kernel * s,  bias' = (bias - moving_mean) s + beta,
///
/// so a Dense, a Conv2D or a DepthwiseConv2D with a linear activation that a BatchNormalization follows becomes one
/// with a bias; any layer does whose configuration has `use_bias` and `activation`, and whose kernel ends with the axis
/// of the outputs. Sequentials within are folded, too. All other layers are copied, normalizations elsewhere among
/// them. The outputs are the same up to rounding; trained further, the new model learns without what was folded. The
/// given model stays as it is. Throws StateError if the model is not built, ValueError if it contains a custom
/// layer type that is not known to `register_layer`.
Sequential fold_batch_normalization(const Sequential& model);

}  // namespace gradus::inline GRADUS_PRECISION
