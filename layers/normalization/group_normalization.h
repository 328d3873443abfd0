#pragma once

#include <gradus/layers/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

struct GroupNormalizationOptions {
  Index groups = 32;      ///< that the channels are split into; must divide them
  double epsilon = 1e-3;  ///< added to the variance
  bool center = true;     ///< add beta
  bool scale = true;      ///< multiply by gamma

  /// PyTorch's epsilon, 1e-5.
  static GroupNormalizationOptions pytorch() { return {.epsilon = 1e-5}; }
};

/// Group normalization (Wu & He 2018): every sample by the mean and variance of each group of channels, over all
/// positions of (N, ..., channels). The same in training and inference, and for any batch. Weights: gamma, beta
/// (channels).
class GroupNormalization : public Normalization {
 public:
  /// Throws ValueError unless groups >= 1 and epsilon > 0.
  explicit GroupNormalization(const GroupNormalizationOptions& options = {});

  Config config() const override;
  Variable forward(const Variable& x, Mode mode) override;

 protected:
  void create_parameters(const Shape& input_shape) override;

 private:
  GroupNormalizationOptions options_;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(GroupNormalizationOptions& options, Visitor& visitor) {
  visitor("groups", options.groups);
  visitor("epsilon", options.epsilon);
  visitor("center", options.center);
  visitor("scale", options.scale);
}

}  // namespace gradus::inline GRADUS_PRECISION
