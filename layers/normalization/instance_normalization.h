#pragma once

#include <gradus/layers/normalization/sample_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// Instance normalization (Ulyanov et al. 2016): group normalization with one channel per group. For x (N, C), a single
/// value per channel, y is beta. Throws as `group_normalization`.
Variable instance_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon,
                                std::string_view context = "instance_normalization");

struct InstanceNormalizationOptions {
  double epsilon = 1e-3;  ///< added to the variance
  bool center = true;     ///< add beta
  bool scale = true;      ///< multiply by gamma

  /// PyTorch's: epsilon 1e-5, neither gamma nor beta.
  static InstanceNormalizationOptions pytorch() { return {.epsilon = 1e-5, .center = false, .scale = false}; }
};

/// Instance normalization (Ulyanov et al. 2016): every channel of every sample by its own mean and variance over the
/// positions of (N, ..., channels): group normalization with one channel per group. For (N, channels), where a channel
/// has one position, the output is beta. Weights: gamma, beta (channels).
class InstanceNormalization : public SampleNormalization<InstanceNormalizationOptions> {
 public:
  /// Throws ValueError unless epsilon > 0.
  explicit InstanceNormalization(const InstanceNormalizationOptions& options = {});

 protected:
  Variable forward(const Variable& x, Mode mode) override;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(InstanceNormalizationOptions& options, Visitor& visitor) {
  visitor("epsilon", options.epsilon);
  visitor("center", options.center);
  visitor("scale", options.scale);
}

}  // namespace gradus::inline GRADUS_PRECISION
