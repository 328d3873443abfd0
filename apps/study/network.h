#pragma once

#include "record.h"

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/sequential.h>

namespace study {

/// 784 -> hidden -> 10. Every hidden layer is the same block of words, in this order: "dense"; a normalization,
/// "batch", "layer" or "group"; "dropout"; "noise" (see noise.h); and activations by name: "dense batch relu". There is
/// no bias directly under a normalization, whose beta takes its place.
struct NetworkOptions {
  std::vector<gradus::Index> hidden{100, 100, 100};
  std::string block = "dense relu";
  std::string kernel_initializer = "random_normal(0.05)";
  double dropout_rate = 0.5;
  gradus::Index groups = 10;
  /// So that a measurement early in training is one of the network and not of the initial moving statistics, about
  /// which there is a claim of its own.
  gradus::BatchNormalizationOptions batch_normalization{.warm_up = true};
};

/// The network, on whose options a note is made. Two arms with the same seed get the same kernels.
/// Throws ValueError for an unknown word.
gradus::Sequential make_network(Record& record, const NetworkOptions& options);

}  // namespace study
