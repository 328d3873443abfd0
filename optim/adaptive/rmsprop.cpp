#include <gradus/optim/adaptive/rmsprop.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

RMSprop::RMSprop(const RMSpropOptions& options)
    : Optimizer("rmsprop", 1 + std::size_t{options.momentum != 0} + std::size_t{options.centered},
                options.learning_rate, {options.weight_decay, options.decoupled_weight_decay, options.decay_rule}),
      options_(options) {
  check_share("rho", options.rho);
  check_share("a momentum", options.momentum);
  check_epsilon(options.epsilon);
}

namespace {

struct Coefficients {
  Real share;            ///< of the new gradient in v
  Real inside, outside;  ///< epsilon, in the root or beside it
  Real mu;
  Real enters, leaves;  ///< the learning rate is in what enters b, or in what leaves it
};

template <bool centered, bool momentum>
void move(Real* w, const Real* gradient, Real* v, Real* b, Real* a, Index size, Real l2, Real shrink,
          const Coefficients c) {
#pragma omp simd
  for (Index i = 0; i < size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    v[i] += (g * g - v[i]) * c.share;
    Real second = v[i];
    if constexpr (centered) {
      a[i] += (g - a[i]) * c.share;
      second -= a[i] * a[i];
      second = second > 0 ? second : 0;  // rounding takes it below when the gradient stays the same
    }
    Real step = c.enters * g / (std::sqrt(second + c.inside) + c.outside);
    if constexpr (momentum) step = b[i] = c.mu * b[i] + step;
    w[i] -= shrink * w[i] + c.leaves * step;
  }
}

}  // namespace

void RMSprop::update(const Part& part) const {
  const bool keras = options_.convention == Convention::keras;
  const bool momentum = options_.momentum != 0;
  const auto epsilon = static_cast<Real>(options_.epsilon);
  const auto rate = static_cast<Real>(part.learning_rate);
  const auto run = options_.centered ? (momentum ? move<true, true> : move<true, false>)
                                     : (momentum ? move<false, true> : move<false, false>);
  run(part.weight, part.gradient, part.state[0], part.state[1], part.state[momentum ? 2 : 1], part.size, part.l2,
      part.shrink,
      {.share = static_cast<Real>(1 - options_.rho),
       .inside = keras ? epsilon : 0,
       .outside = keras ? 0 : epsilon,
       .mu = static_cast<Real>(options_.momentum),
       .enters = keras ? rate : 1,
       .leaves = keras ? 1 : rate});
}

}  // namespace gradus::inline GRADUS_PRECISION
