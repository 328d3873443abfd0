#include <gradus/optim/sgd.h>

namespace gradus::inline GRADUS_PRECISION {

SGD::SGD(const SGDOptions& options)
    : Optimizer("sgd", options.momentum == 0 ? 0 : 1, options.learning_rate,
                {options.weight_decay, options.decoupled_weight_decay, options.decay_rule}),
      options_(options) {
  check_share("a momentum", options.momentum);
  check(!options.nesterov || options.momentum > 0,
        "[sgd] expected a momentum above 0 for nesterov, got 0; set "
        "SGDOptions::momentum, usually to 0.9");
}

void SGD::update(const Part& part) const {
  Real* w = part.weight;
  const Real* gradient = part.gradient;
  const Real l2 = part.l2;
  const Real shrink = part.shrink;
  const Real rate = static_cast<Real>(part.learning_rate);
  if (options_.momentum == 0) {
#pragma omp simd
    for (Index i = 0; i < part.size; ++i) w[i] -= shrink * w[i] + rate * (gradient[i] + l2 * w[i]);
    return;
  }
  // The two conventions are one loop: the learning rate is in what enters v, or in what leaves it.
  const bool keras = options_.convention == Convention::keras;
  const Real enters = keras ? -rate : 1;
  const Real leaves = keras ? 1 : -rate;
  const Real mu = static_cast<Real>(options_.momentum);
  const Real share_of_v = options_.nesterov ? mu : 1;
  const Real share_of_g = options_.nesterov ? enters : 0;
  Real* v = part.state[0];
#pragma omp simd
  for (Index i = 0; i < part.size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    v[i] = mu * v[i] + enters * g;
    w[i] += leaves * (share_of_v * v[i] + share_of_g * g) - shrink * w[i];
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
