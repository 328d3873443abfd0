#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// How many inputs and outputs each unit of a layer has.
struct Fans {
  Index in = 1;
  Index out = 1;
};

/// A tensor of initial values, by the initializer's name (Keras's, unless noted):
///   zeros, ones
///   glorot_uniform  U(+-sqrt(6 / (in + out)))      glorot_normal  truncated normal, variance 2 / (in + out)
///   he_uniform      U(+-sqrt(6 / in))              he_normal      truncated normal, variance 2 / in
///   lecun_uniform   U(+-sqrt(3 / in))              lecun_normal   truncated normal, variance 1 / in
///   random_uniform(a)    U(+-a), 0.05 if no (a) is given
///   random_normal(s)     normal with standard deviation s, 0.05 if none is given
///   truncated_normal(s)  the same, drawn again while beyond 2 s
///   torch_uniform        U(+-1 / sqrt(in)), PyTorch's default for the kernels and biases of linear layers
/// Truncated normals of glorot, he and lecun are widened so that the variance is as stated after the cut.
/// Throws ValueError, starting with [context], for an unknown name.
Tensor initial_values(std::string_view context, std::string_view initializer, const Shape& shape, Fans fans,
                      Generator& generator = default_generator());

/// Throws ValueError as `initial_values` does, before there is a shape.
void check_initializer(std::string_view context, std::string_view initializer);

}  // namespace gradus::inline GRADUS_PRECISION
