#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

#include <string>
#include <string_view>
#include <vector>

namespace study {

/// The inputs of all layers of a type ("Activation", "BatchNormalization", ...) for one batch, in order. Records
/// nothing on a tape; in training mode updates the moving statistics.
std::vector<gradus::Tensor> inputs_of(std::string_view type, gradus::Layer& model, const gradus::Tensor& batch,
                                      gradus::Mode mode);
/// The outputs of all layers of a type.
std::vector<gradus::Tensor> outputs_of(std::string_view type, gradus::Layer& model, const gradus::Tensor& batch,
                                       gradus::Mode mode);

/// The gradients of the softmax cross-entropy with respect to the inputs of all layers of a type, in training mode: the
/// gradients that are propagated back to them. Also writes the gradients of the parameters.
std::vector<gradus::Tensor> gradients_of_inputs_of(std::string_view type, gradus::Layer& model,
                                                   const gradus::Batch& batch);

/// Column `unit` of a tensor (N, units).
std::vector<double> unit_values(const gradus::Tensor& x, gradus::Index unit);

/// max |a - b| / max |b|
double relative_difference(const gradus::Tensor& a, const gradus::Tensor& b);

}  // namespace study
