#pragma once

#include <gradus/layers/layer.h>

#include <string>
#include <string_view>
#include <vector>

namespace study {

/// The inputs x that all layers of a type ("Activation", "BatchNormalization", ...) get on the way of one batch, from
/// the first layer to the last. Nothing is recorded; in training mode moving statistics move.
std::vector<gradus::Tensor> inputs_of(std::string_view type, gradus::Layer& model, const gradus::Tensor& batch,
                                      gradus::Mode mode);
/// The same for their outputs.
std::vector<gradus::Tensor> outputs_of(std::string_view type, gradus::Layer& model, const gradus::Tensor& batch,
                                       gradus::Mode mode);

/// Column `unit` of a tensor (N, units).
std::vector<double> unit_values(const gradus::Tensor& x, gradus::Index unit);

/// The largest |a - b| over the largest |b|.
double relative_difference(const gradus::Tensor& a, const gradus::Tensor& b);

}  // namespace study
