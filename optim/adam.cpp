#include <gradus/optim/adam.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Equal for all weights of a part.
struct Coefficients {
  Real beta_1, beta_2;
  Real new_m, new_v;  ///< shares of the new gradient
  Real step;
  Real epsilon;
};

template <bool amsgrad>
void move(Real* w, const Real* gradient, Real* m, Real* v, Real* max_v, Index size, Real l2, Real shrink,
          const Coefficients c) {
#pragma omp simd
  for (Index i = 0; i < size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    m[i] = c.beta_1 * m[i] + c.new_m * g;
    v[i] = c.beta_2 * v[i] + c.new_v * g * g;
    Real second = v[i];
    if constexpr (amsgrad) second = max_v[i] = max_v[i] > second ? max_v[i] : second;
    // Not w * (1 - shrink): in float that factor is 1 for a shrink below 3e-8; this sum still moves w on average.
    w[i] -= shrink * w[i] + c.step * m[i] / (std::sqrt(second) + c.epsilon);
  }
}

}  // namespace

template <bool decoupled>
BasicAdam<decoupled>::BasicAdam(const BasicAdamOptions<decoupled>& options)
    : Optimizer(decoupled ? "adamw" : "adam", options.amsgrad ? Slots{"m", "v", "max_v"} : Slots{"m", "v"}, options),
      options_(options) {
  check_share("beta_1", options.beta_1);
  check_share("beta_2", options.beta_2);
  check_epsilon(options.epsilon);
}

template <bool decoupled>
void BasicAdam<decoupled>::begin_step() {
  const auto t = static_cast<double>(steps());
  correction_1_ = 1 - std::pow(options_.beta_1, t);
  correction_2_ = std::sqrt(1 - std::pow(options_.beta_2, t));
}

template <bool decoupled>
void BasicAdam<decoupled>::update(const Part& part) const {
  // Multiplied by correction_2_ / correction_2_, PyTorch's form is Keras' form with another epsilon.
  const double epsilon = options_.convention == Convention::keras ? options_.epsilon : options_.epsilon * correction_2_;
  const auto& [m, v, max_v] = part.state;
  const auto run = options_.amsgrad ? move<true> : move<false>;
  run(part.weight, part.gradient, m, v, max_v, part.size, part.l2, part.shrink,
      {.beta_1 = static_cast<Real>(options_.beta_1),
       .beta_2 = static_cast<Real>(options_.beta_2),
       .new_m = static_cast<Real>(1 - options_.beta_1),
       .new_v = static_cast<Real>(1 - options_.beta_2),
       .step = static_cast<Real>(part.learning_rate * correction_2_ / correction_1_),
       .epsilon = static_cast<Real>(epsilon)});
}

template class BasicAdam<false>;
template class BasicAdam<true>;

}  // namespace gradus::inline GRADUS_PRECISION
