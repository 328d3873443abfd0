#pragma once

#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

struct RMSpropOptions {
  double learning_rate = 1e-3;
  double rho = 0.9;     ///< share of the old v, in [0, 1)
  double momentum = 0;  ///< mu, in [0, 1)
  double epsilon = 1e-7;
  bool centered = false;  ///< divides by the standard deviation of the gradient, not its root mean square
  double weight_decay = 0;
  bool decoupled_weight_decay = true;    ///< false: L2, see WeightDecay
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  Convention convention = Convention::keras;

  /// As torch.optim.RMSprop, with L2 weight decay of all parameters.
  static RMSpropOptions pytorch() {
    return {.learning_rate = 0.01,
            .rho = 0.99,
            .epsilon = 1e-8,
            .decoupled_weight_decay = false,
            .decay_rule = decay_all,
            .convention = Convention::pytorch};
  }
};

/// RMSprop (Hinton 2012), for gradient g:
///   v = rho v + (1 - rho) g^2;  centered (Graves 2013): a = rho a + (1 - rho) g and v - a^2 in place of v below
///   Keras:    b = mu b + lr g / sqrt(v + epsilon);  w -= b
///   PyTorch:  b = mu b + g / (sqrt(v) + epsilon);   w -= lr b
class RMSprop : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit RMSprop(const RMSpropOptions& options = {});
  template <Number T>
  explicit RMSprop(T learning_rate) : RMSprop(RMSpropOptions{.learning_rate = double(learning_rate)}) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override { return std::make_unique<RMSprop>(options_); }
  void update(const Part& part) const override;

  RMSpropOptions options_;
};

}  // namespace gradus::inline GRADUS_PRECISION
