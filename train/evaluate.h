#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/train/metrics.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

struct EvaluateOptions {
  Index batch_size = 256;
  std::string loss{};  ///< by name; if empty, the usual one for the data
};

/// Loss and accuracy, or in regression loss and mean absolute error, of the model in inference mode, over all samples.
/// Weights of the samples count in the loss only: it is sum(weight * loss) / sum(weight).
Metrics evaluate(Layer& model, const Dataset& data, const EvaluateOptions& options = {});

/// The model's outputs for all samples, in order, in inference mode.
Tensor predict(Layer& model, const Dataset& data, Index batch_size = 256);

}  // namespace gradus::inline GRADUS_PRECISION
