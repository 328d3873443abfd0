#pragma once

#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

/// Options of Adam and AdamW, which differ in their weight decay.
template <bool decoupled>
struct BasicAdamOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  double weight_decay = decoupled ? 0.004 : 0;
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  bool decoupled_weight_decay = true;    ///< false: L2, see WeightDecay
  bool amsgrad = false;                  ///< uses the maximum of v so far (Reddi et al. 2018)
  Convention convention = Convention::keras;

  /// As torch.optim.Adam and torch.optim.AdamW, which decay all parameters.
  static BasicAdamOptions pytorch() {
    return {.epsilon = 1e-8,
            .weight_decay = decoupled ? 0.01 : 0,
            .decay_rule = decay_all,
            .decoupled_weight_decay = decoupled,
            .convention = Convention::pytorch};
  }
};

using AdamOptions = BasicAdamOptions<false>;
using AdamWOptions = BasicAdamOptions<true>;

/// Adam and AdamW: see below.
template <bool decoupled>
class BasicAdam : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit BasicAdam(const BasicAdamOptions<decoupled>& options = {});
  template <Number T>
  explicit BasicAdam(T learning_rate)
      : BasicAdam(BasicAdamOptions<decoupled>{.learning_rate = double(learning_rate)}) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override { return std::make_unique<BasicAdam>(options_); }
  void begin_step() override;
  void update(const Part& part) const override;

  BasicAdamOptions<decoupled> options_;
  double correction_1_ = 1;  // 1 - beta_1^t
  double correction_2_ = 1;  // sqrt(1 - beta_2^t)
};

extern template class BasicAdam<false>;
extern template class BasicAdam<true>;

/// Adam (Kingma & Ba 2015), for gradient g and step t, from 1:
///   m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2
///   Keras:    w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)
///   PyTorch:  w -= lr / (1 - beta_1^t) * m / (sqrt(v) / sqrt(1 - beta_2^t) + epsilon)
/// Weight decay is decoupled, as in Keras: w -= lr weight_decay w, in addition to the step and without effect on m and
/// v. In the PyTorch preset it is L2: g = gradient + weight_decay w.
using Adam = BasicAdam<false>;

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019) by default, and in the PyTorch preset.
using AdamW = BasicAdam<true>;

}  // namespace gradus::inline GRADUS_PRECISION
