#include <gradus/optim/adam.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Adam::Adam(const AdamOptions& options) : Adam("adam", options, Decay::of_gradient) {}

Adam::Adam(const std::string& name, const AdamOptions& options, Decay decay)
    : Optimizer(name, options.amsgrad ? 3 : 2, options.learning_rate, options.weight_decay, options.decay_all),
      options_(options),
      decay_(decay) {
  check(options.beta_1 >= 0 && options.beta_1 < 1, "[{}] expected beta_1 in [0, 1), got {}", name, options.beta_1);
  check(options.beta_2 >= 0 && options.beta_2 < 1, "[{}] expected beta_2 in [0, 1), got {}", name, options.beta_2);
  // Below, it would vanish in float, and 0/0 would move the weights that never had a gradient.
  check(options.epsilon >= 1e-30 && options.epsilon < 1e6, "[{}] expected an epsilon above 0 (1e-30 to 1e6), got {}",
        name, options.epsilon);
}

AdamW::AdamW(const AdamWOptions& options)
    : Adam("adamw",
           {.learning_rate = options.learning_rate,
            .beta_1 = options.beta_1,
            .beta_2 = options.beta_2,
            .epsilon = options.epsilon,
            .weight_decay = options.weight_decay,
            .decay_all = options.decay_all,
            .amsgrad = options.amsgrad,
            .convention = options.convention},
           Decay::of_weight) {}

namespace {

/// With l2 and shrink: weight decay by way of the gradient, and of the weight itself.
template <bool amsgrad, class Coefficients>
void move(Real* w, const Real* gradient, Real* m, Real* v, Real* largest, Index size, Real l2, Real shrink,
          const Coefficients c) {
#pragma omp simd
  for (Index i = 0; i < size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    m[i] += (g - m[i]) * c.new_m;
    v[i] += (g * g - v[i]) * c.new_v;
    Real second = v[i];
    if constexpr (amsgrad) second = largest[i] = largest[i] > second ? largest[i] : second;
    // Not w * (1 - shrink): in float that factor is 1 for a shrink below 3e-8; this sum still moves w on average.
    w[i] -= shrink * w[i] + c.step * m[i] / (std::sqrt(second) + c.epsilon);
  }
}

}  // namespace

void Adam::begin_step() {
  const auto t = static_cast<double>(steps());
  const double correction_1 = 1 - std::pow(options_.beta_1, t);
  const double correction_2 = std::sqrt(1 - std::pow(options_.beta_2, t));
  // With both parts of PyTorch's fraction multiplied by correction_2, only epsilon differs.
  const bool keras = options_.convention == Convention::keras;
  coefficients_ = {.new_m = static_cast<Real>(1 - options_.beta_1),
                   .new_v = static_cast<Real>(1 - options_.beta_2),
                   .step = static_cast<Real>(learning_rate() * correction_2 / correction_1),
                   .epsilon = static_cast<Real>(keras ? options_.epsilon : options_.epsilon * correction_2)};
}

void Adam::update(const Part& part) const {
  const bool of_weight = decay_ == Decay::of_weight;
  const auto l2 = static_cast<Real>(of_weight ? 0 : part.decay);
  const auto shrink = static_cast<Real>(of_weight ? learning_rate() * part.decay : 0);
  const auto& [m, v, largest] = part.state;
  const auto run = options_.amsgrad ? move<true, Coefficients> : move<false, Coefficients>;
  run(part.weight, part.gradient, m, v, largest, part.size, l2, shrink, coefficients_);
}

}  // namespace gradus::inline GRADUS_PRECISION
