#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Sets the moving statistics of all batch normalizations to the mean and variance of the data: for a model that took
/// too few steps for them, that was trained with dropout (which shifts the variance, Li et al. 2018), or whose weights
/// were averaged. One pass in inference mode for every normalization, in the order in which they are called, so each
/// sees inputs as it will in inference; the result does not depend on the batch size, except for rounding. Frozen ones
/// stay as they are, and so do all weights. Throws as `evaluate` does.
void recalibrate(Layer& model, const Dataset& data, Index batch_size = 256);

}  // namespace gradus::inline GRADUS_PRECISION
