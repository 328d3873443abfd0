#pragma once

#include <gradus/layers/normalization.h>

#include <optional>

namespace gradus::inline GRADUS_PRECISION {

struct BatchNormalizationOptions {
  /// Of the moving statistics: the share of the old value. None: the plain average of all batches so far.
  std::optional<double> momentum = 0.99;
  double epsilon = 1e-3;           ///< added to the variance
  bool center = true;              ///< add beta
  bool scale = true;               ///< multiply by gamma
  bool unbiased_variance = false;  ///< the moving variance is of m/(m-1) times the batch variance
  /// Lets the moving statistics begin as the plain average, with a share of the new value of max(1/(t+1), 1 - momentum)
  /// after t batches, so that their initial values are gone after the first.
  bool warm_up = false;
  std::string gamma_initializer = "ones";
  std::string beta_initializer = "zeros";
  std::string moving_mean_initializer = "zeros";
  std::string moving_variance_initializer = "ones";
  /// Batch renormalization (Ioffe 2017), for small batches: training, too, is corrected towards averages over batches.
  bool renorm = false;
  double renorm_rmax = 3;         ///< r is clipped to [1/rmax, rmax]
  double renorm_dmax = 5;         ///< d is clipped to [-dmax, dmax]
  double renorm_momentum = 0.99;  ///< of these averages: the share of the old value

  /// Keras's numbers, the default.
  static BatchNormalizationOptions keras() { return {}; }
  /// PyTorch's: its momentum 0.1 is the share of the new value, epsilon 1e-5, unbiased moving variance.
  static BatchNormalizationOptions pytorch() { return {.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true}; }
};

/// Batch normalization (Ioffe & Szegedy 2015) per feature, the last axis: in training with the mean and variance of the
/// batch, which also move the moving statistics; in inference, and always when frozen, with the moving statistics.
/// Weights: gamma, beta (features). Buffers: moving_mean, moving_variance; num_batches_tracked (1) if the momentum
/// depends on it; renorm_mean, renorm_stddev with renorm.
class BatchNormalization : public Normalization {
 public:
  /// Throws ValueError unless 0 <= momentum < 1 and epsilon > 0, and for what renorm is clipped to if it cannot be.
  explicit BatchNormalization(const BatchNormalizationOptions& options = {});

  const BatchNormalizationOptions& options() const { return options_; }
  /// Null before the layer is built.
  Parameter* moving_mean() { return moving_mean_; }
  Parameter* moving_variance() { return moving_variance_; }

  Config config() const override;
  Variable forward(const Variable& x, Mode mode) override;

 protected:
  void create_parameters(const Shape& input_shape) override;

 private:
  double next_momentum();

  BatchNormalizationOptions options_;
  Parameter* moving_mean_ = nullptr;
  Parameter* moving_variance_ = nullptr;
  Parameter* num_batches_tracked_ = nullptr;
  Parameter* renorm_mean_ = nullptr;
  Parameter* renorm_stddev_ = nullptr;
};

/// Names every option, for configurations.
template <class Visitor>
void visit(BatchNormalizationOptions& options, Visitor& visitor) {
  visitor("momentum", options.momentum);
  visitor("epsilon", options.epsilon);
  visitor("center", options.center);
  visitor("scale", options.scale);
  visitor("unbiased_variance", options.unbiased_variance);
  visitor("warm_up", options.warm_up);
  visitor("gamma_initializer", options.gamma_initializer);
  visitor("beta_initializer", options.beta_initializer);
  visitor("moving_mean_initializer", options.moving_mean_initializer);
  visitor("moving_variance_initializer", options.moving_variance_initializer);
  visitor("renorm", options.renorm);
  visitor("renorm_rmax", options.renorm_rmax);
  visitor("renorm_dmax", options.renorm_dmax);
  visitor("renorm_momentum", options.renorm_momentum);
}

}  // namespace gradus::inline GRADUS_PRECISION
