#pragma once

#include <cstddef>
#include <span>

namespace student {

// w weights, g gradient of the loss by w: as long as each other. A step changes w and the state, never g.

// Task 4.1

/// w -= learning_rate g
void sgd_step(std::span<double> w, std::span<const double> g, double learning_rate);

// Task 4.2. `velocity`, as long as w, is zeros before the first step.

/// velocity = momentum velocity - learning_rate g
/// w += velocity
void momentum_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum);

/// velocity = momentum velocity - learning_rate g
/// w += momentum velocity - learning_rate g, with the new velocity
void nesterov_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum);

struct AdamOptions {
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  double weight_decay = 0;
};

// Task 4.3

/// One tensor at step t, the first of which is 1. `m` and `v`, as long as w, are zeros before the first step.
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     w -= learning_rate sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
/// Knows nothing of weight decay. Throws std::invalid_argument for t = 0.
void adam_update(std::span<double> w, std::span<const double> g, std::span<double> m, std::span<double> v,
                 std::size_t t, const AdamOptions& options);

// Task 4.4

/// A tensor of the model with its own state. Biases, gamma and beta are usually not decayed.
struct Parameter {
  std::span<double> w;
  std::span<const double> g;
  std::span<double> m;
  std::span<double> v;
  bool decay = true;
};

/// One step for all parameters. `t` is the number of steps so far: 0 before the first one, one more after each.
/// Decoupled weight decay of the parameters with `decay`, before their update:
///     w -= learning_rate weight_decay w
void adam_step(std::span<const Parameter> parameters, std::size_t& t, const AdamOptions& options);

}  // namespace student
