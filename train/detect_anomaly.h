#pragma once

#include <gradus/layers/layer.h>
#include <gradus/train/loss.h>

namespace gradus::inline GRADUS_PRECISION {

/// Takes a training step, forward and backward, without the update, and says where numbers stop being finite: in the
/// inputs, in a weight, or after which operation of which layer, in which rows of the batch. Empty if they do not
/// (PyTorch: torch.autograd.detect_anomaly). Gradients are overwritten; moving statistics and random numbers stay.
std::string detect_anomaly(Layer& model, const Loss& loss, const Batch& batch);

}  // namespace gradus::inline GRADUS_PRECISION
