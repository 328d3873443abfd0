#pragma once

#include "record.h"

#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/sequential.h>

namespace study {

/// 784 -> hidden... -> 10.
struct NetworkOptions {
  std::vector<gradus::Index> hidden{100, 100, 100};
  std::string block = "dense relu";  ///< names of layers as in PerceptronOptions, and "noise" (see noise.h)
  std::string kernel_initializer = "random_normal(0.05)";
  double dropout_rate = 0.5;
  gradus::Index groups = 10;
  /// With warm-up, so that early measurements show the network and not the initial moving statistics.
  gradus::BatchNormalizationOptions batch_normalization{.warm_up = true};
};

/// Adds the options to the record. Two arms with the same seed get the same kernels.
/// Throws ValueError for an unknown name.
gradus::Sequential make_network(Record& record, const NetworkOptions& options);

}  // namespace study
