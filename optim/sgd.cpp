#include <gradus/optim/sgd.h>

#include <utility>

namespace gradus::inline GRADUS_PRECISION {

SGD::SGD(const SGDOptions& options)
    : Optimizer("sgd", options.momentum == 0 ? Slots{} : Slots{"velocity"}, options), options_(options) {
  check_share("a momentum", options.momentum);
  check(!options.nesterov || options.momentum > 0,
        "[sgd] expected a momentum above 0 for nesterov, got 0; set SGDOptions::momentum, usually to 0.9");
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
  // One loop for both conventions: the learning rate is a factor inside v (Keras) or outside (PyTorch).
  Real inside = -rate;
  Real outside = 1;
  if (options_.convention == Convention::pytorch) std::swap(inside, outside);
  const Real mu = static_cast<Real>(options_.momentum);
  const Real v_factor = options_.nesterov ? mu : 1;
  const Real g_factor = options_.nesterov ? inside : 0;
  Real* v = part.state[0];
#pragma omp simd
  for (Index i = 0; i < part.size; ++i) {
    const Real g = gradient[i] + l2 * w[i];
    v[i] = mu * v[i] + inside * g;
    w[i] += outside * (v_factor * v[i] + g_factor * g) - shrink * w[i];
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
