#pragma once

#include "record.h"

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/sequential.h>

namespace study {

/// 784 -> 14 x 14, each the mean of 2 x 2 pixels -> convolutions of 3 x 3 -> residual blocks -> head -> 10. Blocks
/// are names of layers: "conv", "flatten", "mean" (of each channel), and normalizations and activations as in
/// PerceptronOptions.
struct ImageNetworkOptions {
  std::vector<gradus::Index> filters{8, 16, 16};  ///< of each convolution; all but the first halve the image
  std::string block = "conv relu";                ///< for each of them
  gradus::Index residual_blocks = 0;
  /// x passes the layers before "+", is added to what they return, and the sum passes those after "+".
  std::string residual_block = "conv relu conv + relu";
  std::string head = "flatten";
  std::string kernel_initializer = "he_normal";
  gradus::Index groups = 4;
  /// Momentum as in He et al. 2016 and Wu & He 2018; warm-up as in NetworkOptions.
  gradus::BatchNormalizationOptions batch_normalization{.momentum = 0.9, .warm_up = true};
};

/// Adds the options to the record. Two arms with the same seed get the same kernels. A convolution directly before a
/// normalization with a beta has no bias. Throws ValueError for an unknown name and for a residual block without "+".
gradus::Sequential make_image_network(Record& record, const ImageNetworkOptions& options);

}  // namespace study
