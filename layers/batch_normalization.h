#pragma once

#include <gradus/autograd/normalization.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

struct BatchNormalizationOptions {
  double momentum = 0.99;          ///< of the moving statistics: share of the old value
  double epsilon = 1e-3;           ///< added to the variance
  bool center = true;              ///< add beta
  bool scale = true;               ///< multiply by gamma
  bool unbiased_variance = false;  ///< the moving variance is of m/(m-1) times the batch variance
  std::string gamma_initializer = "ones";
  std::string beta_initializer = "zeros";
  std::string moving_mean_initializer = "zeros";
  std::string moving_variance_initializer = "ones";

  /// Keras's numbers, the default.
  static BatchNormalizationOptions keras() { return {}; }
  /// PyTorch's: its momentum 0.1 is the share of the new value, epsilon 1e-5, unbiased moving variance.
  static BatchNormalizationOptions pytorch() { return {.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true}; }
};

/// Batch normalization (Ioffe & Szegedy 2015) per feature, the last axis: in training with the mean and variance of the
/// batch, which also move the moving statistics; in inference, and always when frozen, with the moving statistics.
/// Weights: gamma, beta (features). Buffers: moving_mean, moving_variance.
class BatchNormalization : public Layer {
 public:
  /// Throws ValueError unless 0 <= momentum < 1 and epsilon > 0.
  explicit BatchNormalization(const BatchNormalizationOptions& options = {});

  Config config() const override;
  Variable forward(const Variable& x, Mode mode) override;

 protected:
  void create_parameters(const Shape& input_shape) override;

 private:
  BatchNormalizationOptions options_;
  Parameter* gamma_ = nullptr;
  Parameter* beta_ = nullptr;
  Parameter* moving_mean_ = nullptr;
  Parameter* moving_variance_ = nullptr;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(BatchNormalizationOptions& options, Visitor& visitor) {
  visitor("momentum", options.momentum);
  visitor("epsilon", options.epsilon);
  visitor("center", options.center);
  visitor("scale", options.scale);
  visitor("unbiased_variance", options.unbiased_variance);
  visitor("gamma_initializer", options.gamma_initializer);
  visitor("beta_initializer", options.beta_initializer);
  visitor("moving_mean_initializer", options.moving_mean_initializer);
  visitor("moving_variance_initializer", options.moving_variance_initializer);
}

}  // namespace gradus::inline GRADUS_PRECISION
