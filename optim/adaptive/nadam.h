#pragma once

#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

struct NAdamOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  double momentum_decay = 1;  ///< speed at which the momentum grows to beta_1, at least 0; always 1 in Keras
  double weight_decay = 0;
  bool decoupled_weight_decay = true;    ///< false: L2, see WeightDecay
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay

  /// As torch.optim.NAdam, with L2 weight decay of all parameters.
  static NAdamOptions pytorch() {
    return {.learning_rate = 2e-3,
            .epsilon = 1e-8,
            .momentum_decay = 4e-3,
            .decoupled_weight_decay = false,
            .decay_rule = decay_all};
  }
};

/// Adam with Nesterov momentum (Dozat 2016), for gradient g and step t, from 1:
///   u_t = beta_1 (1 - 0.5 * 0.96^(t momentum_decay));  p_t = u_1 u_2 ... u_t
///   m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2
///   w -= lr (u_(t+1) m / (1 - p_(t+1)) + (1 - u_t) g / (1 - p_t)) / (sqrt(v / (1 - beta_2^t)) + epsilon)
/// Keras' Nadam and torch.optim.NAdam differ in their defaults only. (PyTorch before 2.0, without `foreach`, multiplied
/// p_(t+1) by u_t twice.)
class NAdam : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit NAdam(const NAdamOptions& options = {});
  template <Number T>
  explicit NAdam(T learning_rate) : NAdam(NAdamOptions{.learning_rate = double(learning_rate)}) {}

 private:
  std::unique_ptr<Optimizer> make_alike() const override;
  void visit_own_state(Archive& archive) override { archive.in_range("product", product_, 0, 1); }
  void begin_step() override;
  void update(const Part& part) const override;

  NAdamOptions options_;
  double product_ = 1;                  // p_t
  double correction_ = 1;               // sqrt(1 - beta_2^t)
  double m_factor_ = 0, g_factor_ = 0;  // of m and g in the step, without the learning rate
};

}  // namespace gradus::inline GRADUS_PRECISION
