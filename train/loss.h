#pragma once

#include <gradus/autograd/variable.h>
#include <gradus/data/dataset.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Outputs of a model and labels (or targets) of the batch to a single number.
using Loss = Variable (*)(const Variable& outputs, const Tensor& labels);

/// softmax_cross_entropy or mean_squared_error. Throws ValueError, suggesting the nearest, for any other name.
Loss loss_by_name(std::string_view name);

/// The name of the loss that data of this kind usually go with: softmax_cross_entropy for classes, mean_squared_error
/// for regression.
std::string usual_loss(const Dataset& data);

}  // namespace gradus::inline GRADUS_PRECISION
