#pragma once

#include <gradus/layers/layer.h>

namespace study {

/// Random noise after a batch normalization in training (Santurkar et al. 2018, section 2.2), which shifts the inputs
/// of the next layer in every step:
///
///     y = (x + shift + n) scale
///
/// with n normal with standard deviation 0.5 for every element, and shift uniform in [-0.5, 0.5] and scale uniform in
/// [0.5, 1.5] for every feature. In inference y = x.
class Noise : public gradus::Layer {
 public:
  std::string type() const override { return "Noise"; }
  gradus::Variable forward(const gradus::Variable& x, gradus::Mode mode) override;
};

}  // namespace study
