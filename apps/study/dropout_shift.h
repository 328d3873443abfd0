#pragma once

#include "statistics.h"

#include <gradus/layers/layer.h>

namespace study {

/// Of max(x, 0), x standard normal: mean 1 / sqrt(2 pi), variance 1/2 - 1 / (2 pi).
Moments moments_of_relu();

/// The variance of inputs x (N, units) behind dropout with this rate in inference, over that in training (Li et al.
/// 2018), over all elements and measured with the layer itself.
double measured_variance_shift(const gradus::Tensor& x, double rate);

/// For each batch normalization of a trained model, the first one first: the variance of its inputs in inference over
/// that in training, per unit, the mean over the units. The model is as before afterwards.
std::vector<double> variance_shifts(gradus::Layer& model, const gradus::Tensor& inputs);

}  // namespace study
