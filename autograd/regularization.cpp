#include <gradus/autograd/regularization.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

void check_regularizer(std::string_view context, std::string_view option, const Regularizer& regularizer) {
  const auto allowed = [](double number) { return number >= 0 && std::isfinite(number); };
  check(allowed(regularizer.l1) && allowed(regularizer.l2),
        "[{}] expected a {} with finite l1 and l2 of at least 0, got l1 {} and l2 {}", context, option, regularizer.l1,
        regularizer.l2);
}

Variable l1_l2(const Variable& x, const Regularizer& regularizer) {
  check_regularizer("l1_l2", "penalty", regularizer);
  const auto a = static_cast<Real>(regularizer.l1);
  const auto b = static_cast<Real>(regularizer.l2);
  const Tensor penalties = map(x.value(), [=](Real w) { return a * std::abs(w) + b * w * w; });
  return record("l1_l2", Tensor::full({}, sum_of(penalties.data(), penalties.size())), {x},
                [=, x = x.value()](const Tensor& dy, Gradients& d) {
                  const Real g = dy.item();
                  d.set(0, map(x, [=](Real w) { return g * (a * static_cast<Real>((w > 0) - (w < 0)) + 2 * b * w); }));
                });
}

}  // namespace gradus::inline GRADUS_PRECISION
