#include <gradus/optim/adaptive/nadam.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

NAdam::NAdam(const NAdamOptions& options) : Optimizer("nadam", Slots{"m", "v"}, options), options_(options) {
  check_share("beta_1", options.beta_1);
  check_share("beta_2", options.beta_2);
  check_epsilon(options.epsilon);
  check(options.momentum_decay >= 0 && std::isfinite(options.momentum_decay),
        "[nadam] expected a finite momentum_decay, at least 0, got {}", options.momentum_decay);
}

std::unique_ptr<Optimizer> NAdam::make_alike() const {
  auto alike = std::make_unique<NAdam>(options_);
  alike->product_ = product_;
  return alike;
}

void NAdam::begin_step() {
  const auto t = static_cast<double>(steps());
  const auto u = [&](double step) {
    return options_.beta_1 * (1 - 0.5 * std::pow(0.96, step * options_.momentum_decay));
  };
  product_ *= u(t);
  correction_ = std::sqrt(1 - std::pow(options_.beta_2, t));
  m_factor_ = correction_ * u(t + 1) / (1 - product_ * u(t + 1));
  g_factor_ = correction_ * (1 - u(t)) / (1 - product_);
}

void NAdam::update(const Part& part) const {
  // Numerator and denominator are multiplied by the correction, as in Adam.
  const auto m_factor = static_cast<Real>(part.learning_rate * m_factor_);
  const auto g_factor = static_cast<Real>(part.learning_rate * g_factor_);
  const auto epsilon = static_cast<Real>(options_.epsilon * correction_);
  const auto beta_1 = static_cast<Real>(options_.beta_1);
  const auto beta_2 = static_cast<Real>(options_.beta_2);
  const auto new_m = static_cast<Real>(1 - options_.beta_1);
  const auto new_v = static_cast<Real>(1 - options_.beta_2);
  const Real l2 = part.l2;
  const Real shrink = part.shrink;
  Real* w = part.weight;
  const Real* gradient = part.gradient;
  Real* m = part.state[0];
  Real* v = part.state[1];
#pragma omp simd
  for (Index i = 0; i < part.size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    m[i] = beta_1 * m[i] + new_m * g;
    v[i] = beta_2 * v[i] + new_v * g * g;
    w[i] -= shrink * w[i] + (m_factor * m[i] + g_factor * g) / (std::sqrt(v[i]) + epsilon);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
