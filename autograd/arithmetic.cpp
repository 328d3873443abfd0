#include <gradus/autograd/arithmetic.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {
constexpr auto negate = [](Real v) { return -v; };
}

// If an input was broadcast, `Gradients::set` sums its gradient to the shape of the input.

Variable operator+(const Variable& a, const Variable& b) {
  return record("add", zip("add", a.value(), b.value(), plus), {a, b}, [](const Tensor& dy, Gradients& d) {
    if (d.wanted(0)) d.set(0, dy);
    if (d.wanted(1)) d.set(1, dy);
  });
}

Variable operator-(const Variable& a, const Variable& b) {
  return record("subtract", zip("subtract", a.value(), b.value(), minus), {a, b}, [](const Tensor& dy, Gradients& d) {
    if (d.wanted(0)) d.set(0, dy);
    if (d.wanted(1)) d.set(1, map(dy, negate));
  });
}

Variable operator*(const Variable& a, const Variable& b) {
  return record("multiply", zip("multiply", a.value(), b.value(), times), {a, b},
                [a = a.value(), b = b.value()](const Tensor& dy, Gradients& d) {
                  if (d.wanted(0)) d.set(0, zip("multiply", dy, b, times));
                  if (d.wanted(1)) d.set(1, zip("multiply", dy, a, times));
                });
}

Variable operator/(const Variable& a, const Variable& b) {
  Tensor y = zip("divide", a.value(), b.value(), divide);
  return record("divide", y, {a, b}, [y, b = b.value()](const Tensor& dy, Gradients& d) {
    const Tensor da = zip("divide", dy, b, divide);
    if (d.wanted(0)) d.set(0, da);
    if (d.wanted(1)) d.set(1, zip("divide", da, y, [](Real g, Real quotient) { return -g * quotient; }));
  });
}

Variable operator+(const Variable& a, Real b) { return a + Variable(Tensor::full({}, b)); }
Variable operator+(Real a, const Variable& b) { return b + a; }
Variable operator-(const Variable& a, Real b) { return a + -b; }
Variable operator-(Real a, const Variable& b) { return Variable(Tensor::full({}, a)) - b; }
Variable operator*(const Variable& a, Real b) { return a * Variable(Tensor::full({}, b)); }
Variable operator*(Real a, const Variable& b) { return b * a; }
Variable operator/(const Variable& a, Real b) { return a / Variable(Tensor::full({}, b)); }
Variable operator/(Real a, const Variable& b) { return Variable(Tensor::full({}, a)) / b; }

Variable operator-(const Variable& x) {
  return record("negate", map(x.value(), negate), {x},
                [](const Tensor& dy, Gradients& d) { d.set(0, map(dy, negate)); });
}

Variable stop_gradient(const Variable& x) { return x.value(); }

}  // namespace gradus::inline GRADUS_PRECISION
