#include <gradus/optim/adaptive/rmsprop.h>

#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

RMSprop::RMSprop(const RMSpropOptions& options)
    : Optimizer("rmsprop",
                options.momentum == 0 ? options.centered ? Slots{"v", "a"} : Slots{"v"}
                : options.centered ? Slots{"v", "b", "a"}
                                      : Slots{"v", "b"},
                options),
      options_(options) {
  check_share("rho", options.rho);
  check_share("a momentum", options.momentum);
  check_epsilon(options.epsilon);
}

namespace {

/// The difference between the conventions: whether the learning rate is a factor inside b or outside, and whether
/// epsilon is inside the root or outside.
struct Form {
  Real rate_inside, rate_outside;
  Real epsilon_inside, epsilon_outside;
};

template <bool centered, bool momentum>
void move(Real* w, const Real* gradient, Real* v, Real* b, Real* a, Index size, Real l2, Real shrink, Real rho,
          Real new_v, Real mu, const Form form) {
#pragma omp simd
  for (Index i = 0; i < size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    v[i] = rho * v[i] + new_v * g * g;
    Real second = v[i];
    if constexpr (centered) {
      a[i] = rho * a[i] + new_v * g;
      // Rounding makes it negative for constant gradients. An infinite v stays infinite.
      const Real square = a[i] * a[i];
      const Real variance = square < v[i] ? v[i] - square : 0;
      second = v[i] <= std::numeric_limits<Real>::max() ? variance : v[i];
    }
    Real step = form.rate_inside * g / (std::sqrt(second + form.epsilon_inside) + form.epsilon_outside);
    if constexpr (momentum) step = b[i] = mu * b[i] + step;
    w[i] -= shrink * w[i] + form.rate_outside * step;
  }
}

}  // namespace

void RMSprop::update(const Part& part) const {
  const auto epsilon = static_cast<Real>(options_.epsilon);
  const auto rate = static_cast<Real>(part.learning_rate);
  const Form keras{.rate_inside = rate, .rate_outside = 1, .epsilon_inside = epsilon, .epsilon_outside = 0};
  const Form pytorch{.rate_inside = 1, .rate_outside = rate, .epsilon_inside = 0, .epsilon_outside = epsilon};
  const bool momentum = options_.momentum != 0;
  const auto run = options_.centered ? (momentum ? move<true, true> : move<true, false>)
                                     : (momentum ? move<false, true> : move<false, false>);
  run(part.weight, part.gradient, part.state[0], part.state[1], part.state[momentum ? 2 : 1], part.size, part.l2,
      part.shrink, static_cast<Real>(options_.rho), static_cast<Real>(1 - options_.rho),
      static_cast<Real>(options_.momentum), options_.convention == Convention::keras ? keras : pytorch);
}

}  // namespace gradus::inline GRADUS_PRECISION
