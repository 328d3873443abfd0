#include "optimizers.h"

#include "not_implemented.h"

#include <cmath>
#include <stdexcept>

namespace student {

// Task 4.1
void sgd_step(std::span<double> w, std::span<const double> g, double learning_rate) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < w.size(); ++i) w[i] -= learning_rate * g[i];
  // END SOLUTION
}

// Task 4.2
void momentum_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < w.size(); ++i) {
    velocity[i] = momentum * velocity[i] - learning_rate * g[i];
    w[i] += velocity[i];
  }
  // END SOLUTION
}

// Task 4.2
void nesterov_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double move = -learning_rate * g[i];
    velocity[i] = momentum * velocity[i] + move;
    w[i] += momentum * velocity[i] + move;
  }
  // END SOLUTION
}

// Task 4.3
void adam_update(std::span<double> w, std::span<const double> g, std::span<double> m, std::span<double> v,
                 std::size_t t, const AdamOptions& options) {
  // BEGIN SOLUTION
  if (t == 0) throw std::invalid_argument("adam_update: the first step is t = 1");
  const double steps = static_cast<double>(t);
  const double m_share = 1 - std::pow(options.beta1, steps);
  const double v_share = 1 - std::pow(options.beta2, steps);
  const double rate = options.learning_rate * std::sqrt(v_share) / m_share;
  for (std::size_t i = 0; i < w.size(); ++i) {
    m[i] = options.beta1 * m[i] + (1 - options.beta1) * g[i];
    v[i] = options.beta2 * v[i] + (1 - options.beta2) * g[i] * g[i];
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + options.epsilon);
  }
  // END SOLUTION
}

// Task 4.4
void adam_step(std::span<const Parameter> parameters, std::size_t& t, const AdamOptions& options) {
  // BEGIN SOLUTION
  ++t;
  for (const Parameter& parameter : parameters) {
    if (parameter.decay) {
      for (double& weight : parameter.w) weight -= options.learning_rate * options.weight_decay * weight;
    }
    adam_update(parameter.w, parameter.g, parameter.m, parameter.v, t, options);
  }
  // END SOLUTION
}

}  // namespace student
