#pragma once

#include "statistics.h"

#include <gradus/layers/layer.h>

namespace study {

/// The moments of max(x, 0) for standard normal x: mean 1 / sqrt(2 pi), variance 1/2 - 1 / (2 pi).
Moments moments_of_relu();

/// The ratio of the variance of all elements of dropout(x) in inference to that in training (Li et al. 2018), measured
/// with a Dropout layer.
double measured_variance_shift(const gradus::Tensor& x, double rate);

/// For each batch normalization of a trained model, in order: the ratio of the variance of its inputs in inference to
/// that in training, computed per unit and averaged over the units. Does not change the model.
std::vector<double> variance_shifts(gradus::Layer& model, const gradus::Tensor& inputs);

}  // namespace study
