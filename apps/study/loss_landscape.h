#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

#include <span>

namespace study {

/// The loss and its gradient along the gradient g at the weights w, at w - rate g for several rates (Santurkar et al.
/// 2018, figure 4).
struct LossLandscape {
  double loss = 0;  ///< at w
  double min_loss = 0;
  double max_loss = 0;
  double min_change = 0;  ///< of |g(w - rate g) - g|
  double max_change = 0;
  double smoothness = 0;  ///< effective beta-smoothness: max |g(w - rate g) - g| / |rate g|
};

/// The landscape of the softmax cross-entropy of a batch in training mode. Restores the weights and moving statistics,
/// but not the gradients.
LossLandscape loss_landscape(gradus::Layer& model, const gradus::Batch& batch, std::span<const double> rates);

}  // namespace study
