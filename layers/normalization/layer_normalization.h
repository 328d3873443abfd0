#pragma once

#include <gradus/layers/normalization/sample_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// Layer normalization (Ba et al. 2016): y = gamma (x - mu) / sqrt(sigma2 + epsilon) + beta with mean and biased
/// variance of each sample over the last axis. x (..., F); gamma and beta (F), or undefined for 1 and 0.
/// Throws ShapeError with [context] unless the sizes agree.
Variable layer_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon,
                             std::string_view context = "layer_normalization");

struct LayerNormalizationOptions {
  double epsilon = 1e-3;  ///< added to the variance
  bool center = true;     ///< add beta
  bool scale = true;      ///< multiply by gamma

  /// PyTorch's epsilon, 1e-5.
  static LayerNormalizationOptions pytorch() { return {.epsilon = 1e-5}; }
};

/// Layer normalization (Ba et al. 2016): every sample by its own mean and variance over the last axis. The same in
/// training and inference, and for any batch. Weights: gamma, beta (features).
class LayerNormalization : public SampleNormalization<LayerNormalizationOptions> {
 public:
  /// Throws ValueError unless epsilon > 0.
  explicit LayerNormalization(const LayerNormalizationOptions& options = {});

 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(LayerNormalizationOptions& options, Visitor& visitor) {
  visitor("epsilon", options.epsilon);
  visitor("center", options.center);
  visitor("scale", options.scale);
}

}  // namespace gradus::inline GRADUS_PRECISION
