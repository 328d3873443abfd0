#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

#include <span>

namespace study {

/// How the loss looks from a point of training along its gradient g (Santurkar et al. 2018, figure 4): at
/// w - rate g for several rates.
struct LossLandscape {
  double lowest_loss = 0;
  double highest_loss = 0;
  /// |g(w - rate g) - g|, how far the gradient moves: the less, the better g foretells the gradient ahead.
  double smallest_change = 0;
  double largest_change = 0;
  /// The largest |g(w - rate g) - g| / |rate g|, the effective beta-smoothness.
  double smoothness = 0;
};

/// Of the softmax cross-entropy of a batch in training mode, as training meets it. Weights and moving statistics are
/// the same afterwards; the gradients are not.
LossLandscape loss_landscape(gradus::Layer& model, const gradus::Batch& batch, std::span<const double> rates);

}  // namespace study
