#pragma once

#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

struct SGDOptions {
  double learning_rate = 0.01;
  double momentum = 0;    ///< mu, in [0, 1)
  bool nesterov = false;  ///< requires a momentum above 0
  double weight_decay = 0;
  bool decoupled_weight_decay = true;    ///< false: L2, see WeightDecay
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  Convention convention = Convention::keras;

  /// As torch.optim.SGD, with L2 weight decay of all parameters.
  static SGDOptions pytorch() {
    return {.decoupled_weight_decay = false, .decay_rule = decay_all, .convention = Convention::pytorch};
  }
};

/// Stochastic gradient descent with momentum (Polyak 1964) and Nesterov momentum (Sutskever et al. 2013), for gradient
/// g:
///   Keras:    v = mu v - lr g;  w += nesterov ? mu v - lr g : v
///   PyTorch:  b = mu b + g;     w -= lr (nesterov ? mu b + g : b)
/// They differ when the learning rate changes: v accumulates steps, b accumulates gradients.
class SGD : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit SGD(const SGDOptions& options = {});
  template <Number T>
  explicit SGD(T learning_rate) : SGD(SGDOptions{.learning_rate = double(learning_rate)}) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override { return std::make_unique<SGD>(options_); }
  void update(const Part& part) const override;

  SGDOptions options_;
};

}  // namespace gradus::inline GRADUS_PRECISION
