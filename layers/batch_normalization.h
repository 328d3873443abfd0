#pragma once

#include <gradus/autograd/normalization.h>
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

  /// Keras's numbers, the default.
  static BatchNormalizationOptions keras() { return {}; }
  /// PyTorch's: its momentum 0.1 is the share of the new value, epsilon 1e-5, unbiased moving variance.
  static BatchNormalizationOptions pytorch() { return {.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true}; }
};

/// Batch normalization (Ioffe & Szegedy 2015) per feature, the last axis: in training with the mean and variance of the
/// batch, which also move the moving statistics; in inference, and always when frozen, with the moving statistics.
/// Weights: gamma, beta (features). Buffers: moving_mean, moving_variance; num_batches_tracked (1) if the momentum
/// depends on it.
class BatchNormalization : public Normalization {
 public:
  /// Throws ValueError unless 0 <= momentum < 1 and epsilon > 0.
  explicit BatchNormalization(const BatchNormalizationOptions& options = {});

  const BatchNormalizationOptions& options() const { return options_; }
  /// Null before the layer is built.
  Buffer* moving_mean() { return moving_mean_; }
  Buffer* moving_variance() { return moving_variance_; }

  /// activation(layer(x)) in fewer passes, of a layer that is built. Throws as the call.
  Variable activated(const Variable& x, Mode mode, const ActivationFunction& activation);
  /// function(x, gamma, beta, moving statistics, epsilon, mode, name), which goes on where `batch_normalization` ends,
  /// in the same pass. Of a layer that is built. Throws as the call.
  template <class Function>
  Variable fused(const Variable& x, Mode mode, Function function) {
    if (built()) check_input(x, input_shape());
    if (!trainable()) mode = Mode::inference;
    MovingStatistics moving = moving_statistics();
    Variable y = function(x, gamma(), beta(), moving, epsilon(), mode, name());
    if (mode == Mode::training) count_batch();
    return y;
  }

  Config config() const override;

 protected:
  Variable forward(const Variable& x, Mode mode) override;
  void create_parameters(const Shape& input_shape) override;

  /// The moving statistics, for one call.
  MovingStatistics moving_statistics() const;
  /// A call in training is done.
  void count_batch();

 private:
  double next_momentum() const;

  BatchNormalizationOptions options_;
  Buffer* moving_mean_ = nullptr;
  Buffer* moving_variance_ = nullptr;
  Buffer* num_batches_tracked_ = nullptr;
};

/// A layer that can do its work in the same pass as a batch normalization and an activation before it: `Sequential`
/// asks.
class FollowsNormalization {
 public:
  virtual ~FollowsNormalization() = default;
  /// The layer's output for activation(normalization(x)), of layers that are built. Undefined if it takes a pass of its
  /// own.
  virtual Variable after(BatchNormalization& normalization, const ActivationFunction& activation, const Variable& x,
                         Mode mode) = 0;
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
}

}  // namespace gradus::inline GRADUS_PRECISION
