#include <gradus/optim/adaptive/adagrad.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Adagrad::Adagrad(const AdagradOptions& options)
    : Optimizer("adagrad", Slots{"accumulator"}, options), options_(options) {
  check(options.initial_accumulator_value >= 0 && std::isfinite(options.initial_accumulator_value),
        "[adagrad] expected a finite initial_accumulator_value, at least 0, got {}", options.initial_accumulator_value);
  check_epsilon(options.epsilon);
}

void Adagrad::update(const Part& part) const {
  // Epsilon is inside the root (Keras) or outside (PyTorch). The state starts as zeros, so the initial value of the sum
  // is added inside, too.
  const bool keras = options_.convention == Convention::keras;
  const double initial = options_.initial_accumulator_value;
  const auto inside = static_cast<Real>(keras ? initial + options_.epsilon : initial);
  const auto outside = static_cast<Real>(keras ? 0 : options_.epsilon);
  const auto rate = static_cast<Real>(part.learning_rate);
  const Real l2 = part.l2;
  const Real shrink = part.shrink;
  Real* w = part.weight;
  const Real* gradient = part.gradient;
  Real* sum = part.state[0];
#pragma omp simd
  for (Index i = 0; i < part.size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    sum[i] += g * g;
    w[i] -= shrink * w[i] + rate * g / (std::sqrt(sum[i] + inside) + outside);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
