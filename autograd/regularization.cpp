#include <gradus/autograd/regularization.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Variable l1_l2(const Variable& x, double l1, double l2) {
  check_regularizer("l1_l2", "penalty", {l1, l2});
  const auto a = static_cast<Real>(l1);
  const auto b = static_cast<Real>(l2);
  const Tensor penalties = map(x.value(), [=](Real w) { return a * std::abs(w) + b * w * w; });
  return record("l1_l2", Tensor::full({}, sum_of(penalties.data(), penalties.size())), {x},
                [=, x = x.value()](const Tensor& dy, Gradients& d) {
                  const Real g = dy.item();
                  d.set(0, map(x, [=](Real w) { return g * (a * static_cast<Real>((w > 0) - (w < 0)) + 2 * b * w); }));
                });
}

Variable regularization(Parameters parameters) {
  Variable total = Tensor::zeros({});
  bool first = true;
  for (Parameter& parameter : parameters) {
    const auto [l1, l2] = parameter.regularizer();
    if (!parameter.trainable() || (l1 == 0 && l2 == 0)) continue;
    const Variable penalty = l1_l2(parameter, l1, l2);
    total = first ? penalty : total + penalty;
    first = false;
  }
  return total;
}

}  // namespace gradus::inline GRADUS_PRECISION
