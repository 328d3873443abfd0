#pragma once

#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

struct AdagradOptions {
  double learning_rate = 1e-3;
  double initial_accumulator_value = 0.1;  ///< at least 0
  double epsilon = 1e-7;
  double weight_decay = 0;
  bool decoupled_weight_decay = true;    ///< false: L2, see WeightDecay
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  Convention convention = Convention::keras;

  /// As torch.optim.Adagrad, with L2 weight decay of all parameters.
  static AdagradOptions pytorch() {
    return {.learning_rate = 0.01,
            .initial_accumulator_value = 0,
            .epsilon = 1e-10,
            .decoupled_weight_decay = false,
            .decay_rule = decay_all,
            .convention = Convention::pytorch};
  }
};

/// Adagrad (Duchi et al. 2011), for gradient g and the sum s, which starts at initial_accumulator_value:
///   s += g^2
///   Keras:    w -= lr g / sqrt(s + epsilon)
///   PyTorch:  w -= lr g / (sqrt(s) + epsilon)
class Adagrad : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit Adagrad(const AdagradOptions& options = {});
  template <Number T>
  explicit Adagrad(T learning_rate) : Adagrad(AdagradOptions{.learning_rate = double(learning_rate)}) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override { return std::make_unique<Adagrad>(options_); }
  void update(const Part& part) const override;

  AdagradOptions options_;
};

}  // namespace gradus::inline GRADUS_PRECISION
