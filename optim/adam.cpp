#include <gradus/optim/adam.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Adam::Adam(const AdamOptions& options) : Adam("adam", options, false) {}

Adam::Adam(const std::string& name, const AdamOptions& options, bool decoupled_weight_decay)
    : Optimizer(name, options.amsgrad ? 3 : 2, options.learning_rate,
                {options.weight_decay, decoupled_weight_decay, options.decay_rule}),
      options_(options) {
  check_share("beta_1", options.beta_1);
  check_share("beta_2", options.beta_2);
  check_epsilon(options.epsilon);
}

AdamW::AdamW(const AdamWOptions& options)
    : Adam("adamw",
           {.learning_rate = options.learning_rate,
            .beta_1 = options.beta_1,
            .beta_2 = options.beta_2,
            .epsilon = options.epsilon,
            .weight_decay = options.weight_decay,
            .decay_rule = options.decay_rule,
            .amsgrad = options.amsgrad,
            .convention = options.convention},
           true) {}

namespace {

/// What is the same for all weights of a part.
struct Coefficients {
  Real new_m, new_v;  ///< shares of the new gradient
  Real step;
  Real epsilon;
};

template <bool amsgrad>
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
  correction_1_ = 1 - std::pow(options_.beta_1, t);
  correction_2_ = std::sqrt(1 - std::pow(options_.beta_2, t));
}

void Adam::update(const Part& part) const {
  // With both parts of PyTorch's fraction multiplied by correction_2, only epsilon differs.
  const bool keras = options_.convention == Convention::keras;
  const auto& [m, v, largest] = part.state;
  const auto run = options_.amsgrad ? move<true> : move<false>;
  run(part.weight, part.gradient, m, v, largest, part.size, part.l2, part.shrink,
      {.new_m = static_cast<Real>(1 - options_.beta_1),
       .new_v = static_cast<Real>(1 - options_.beta_2),
       .step = static_cast<Real>(part.learning_rate * correction_2_ / correction_1_),
       .epsilon = static_cast<Real>(keras ? options_.epsilon : options_.epsilon * correction_2_)});
}

}  // namespace gradus::inline GRADUS_PRECISION
