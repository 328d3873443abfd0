#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>
#include <gradus/train/loss.h>
#include <gradus/train/metrics.h>

namespace gradus::inline GRADUS_PRECISION {

struct EvaluateOptions {
  Index batch_size = 256;
  Loss loss{};                    ///< by name or any function; the default one for the data if not given
  std::vector<Metric> metrics{};  ///< by name or any function; `default_metrics` if not given
};

/// Loss and metrics of the model in inference mode, over all samples.
/// Weights of the samples count in the loss only: it is sum(weight * loss) / sum(weight), plus the regularization.
/// Throws ValueError if all weights are 0.
Metrics evaluate(const Layer& model, const Dataset& data, const EvaluateOptions& options = {});

/// The model's outputs for all samples, in order, in inference mode.
Tensor predict(const Layer& model, const Dataset& data, Index batch_size = 256);

}  // namespace gradus::inline GRADUS_PRECISION
