#pragma once

#include <gradus/layers/layer.h>

namespace study {

/// Noise behind a batch normalization in training (Santurkar et al. 2018, section 2.2): makes the inputs of the next
/// layer shift from step to step, more than they do without normalization. In every step each feature gets a shift
/// and a scale that are drawn anew, and each sample noise with them,
///
///     y = (x + shift + n) scale,   n normal with deviation 0.5, shift uniform in [-0.5, 0.5], scale in [0.5, 1.5].
///
/// In inference y = x.
class Noise : public gradus::Layer {
 public:
  std::string type() const override { return "Noise"; }
  gradus::Variable forward(const gradus::Variable& x, gradus::Mode mode) override;
};

}  // namespace study
