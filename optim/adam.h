#pragma once

#include <gradus/optim/convention.h>
#include <gradus/optim/optimizer.h>

namespace gradus::inline GRADUS_PRECISION {

struct AdamOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  double weight_decay = 0;               ///< L2, by way of the gradient; AdamW has the decoupled one
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  bool amsgrad = false;                  ///< divides by the largest v so far (Reddi et al. 2018)
  Convention convention = Convention::keras;

  /// As torch.optim.Adam computes, which decays all parameters.
  static AdamOptions pytorch() { return {.epsilon = 1e-8, .decay_rule = decay_all, .convention = Convention::pytorch}; }
};

/// Adam (Kingma & Ba 2015), for a gradient g, with t the step from 1:
///   m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2
///   Keras:    w -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)
///   PyTorch:  w -= lr / (1 - beta_1^t) * m / (sqrt(v) / sqrt(1 - beta_2^t) + epsilon)
class Adam : public Optimizer {
 public:
  /// Throws ValueError for an option out of its range.
  explicit Adam(const AdamOptions& options = {});

 protected:
  Adam(const std::string& name, const AdamOptions& options, bool decoupled_weight_decay);

 private:
  void begin_step() override;
  void update(const Part& part) const override;

  AdamOptions options_;
  double correction_1_ = 1;  // 1 - beta_1^t
  double correction_2_ = 1;  // sqrt(1 - beta_2^t)
};

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;    ///< in [0, 1)
  double beta_2 = 0.999;  ///< in [0, 1)
  double epsilon = 1e-7;
  double weight_decay = 0.004;           ///< decoupled: w -= learning_rate * weight_decay * w before the step
  DecayRule decay_rule = decay_kernels;  ///< which parameters decay
  bool amsgrad = false;                  ///< divides by the largest v so far (Reddi et al. 2018)
  Convention convention = Convention::keras;

  /// As torch.optim.AdamW computes, which decays all parameters.
  static AdamWOptions pytorch() {
    return {.epsilon = 1e-8, .weight_decay = 0.01, .decay_rule = decay_all, .convention = Convention::pytorch};
  }
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): the weights shrink, not by way of m and v.
class AdamW : public Adam {
 public:
  /// Throws ValueError for an option out of its range.
  explicit AdamW(const AdamWOptions& options = {});
};

}  // namespace gradus::inline GRADUS_PRECISION
