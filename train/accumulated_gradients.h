#pragma once  // internal

#include <gradus/autograd/tape.h>

namespace gradus::inline GRADUS_PRECISION {

/// The gradients of one update, from its micro-batches: the gradient of the mean of their losses, in which each counts
/// by its weight. A single micro-batch is an ordinary backward pass.
class AccumulatedGradients {
 public:
  /// `count` micro-batches.
  AccumulatedGradients(Parameters parameters, Index count);

  /// Adds the gradients of a micro-batch of this weight.
  void add(GradientTape& tape, const Variable& loss, double weight);
  /// All micro-batches are added: divides by the sum of their weights. The mean loss.
  double finish();

 private:
  Parameters parameters_;
  bool single_;
  double loss_ = 0;  // of a single micro-batch, or the sum of weight * loss
  double weight_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
