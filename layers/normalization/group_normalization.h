#pragma once

#include <gradus/layers/normalization/sample_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

/// Group normalization (Wu & He 2018): the C channels form `groups` runs of equal length, and each run of each sample
/// is normalized by the mean and biased variance of all its positions and channels. x (N, ..., C); gamma and beta (C),
/// or undefined for 1 and 0. Throws ShapeError, starting with [context], unless `groups` divides C.
Variable group_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Index groups, Real epsilon,
                             std::string_view context = "group_normalization");

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
class GroupNormalization : public SampleNormalization<GroupNormalizationOptions> {
 public:
  /// Throws ValueError unless groups >= 1 and epsilon > 0.
  explicit GroupNormalization(const GroupNormalizationOptions& options = {});

 protected:
  Variable forward(const Variable& x, Mode mode) override;
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
