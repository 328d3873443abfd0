#pragma once  // internal

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape.h>

namespace gradus::inline GRADUS_PRECISION {

/// The gradients of one update, from its micro-batches: the gradient of the mean of their losses, in which each counts
/// by its weight. A single micro-batch is an ordinary backward pass.
class AccumulatedGradients {
 public:
  /// `count` micro-batches.
  AccumulatedGradients(Parameters parameters, Index count) : parameters_(parameters), single_(count == 1) {
    clear_gradients(parameters_);
  }

  /// Adds the gradients of a micro-batch of this weight.
  void add(GradientTape& tape, const Variable& loss, double weight) {
    loss_ += loss.value().item() * (single_ ? 1 : weight);
    weight_ += weight;
    if (single_) {
      tape.backward(loss);
    } else {
      tape.backward(loss * static_cast<Real>(weight), {.accumulate = true});
    }
  }

  /// All micro-batches are added, of some weight: divides by the sum of their weights. The mean loss.
  double finish() {
    if (single_) return loss_;
    for (Parameter& parameter : parameters_) {
      if (!parameter.has_gradient()) continue;
      for (Real& gradient : parameter.gradient().values()) gradient *= static_cast<Real>(1 / weight_);
    }
    return loss_ / weight_;
  }

 private:
  Parameters parameters_;
  bool single_;
  double loss_ = 0;  // of a single micro-batch, or the sum of weight * loss
  double weight_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
