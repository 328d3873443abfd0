#include <gradus/autograd/elementwise/elementwise.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/elementary.h>
#include <gradus/core/kernels/elementwise.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Variable maximum(const Variable& a, const Variable& b) {
  Tensor y = zip("maximum", a.value(), b.value(), [](Real u, Real v) { return u > v || u != u ? u : v; });
  return record("maximum", y, {a, b}, [a = a.value(), b = b.value()](const Tensor& dy, Gradients& d) {
    const auto share = [&](const Tensor& mine, const Tensor& other) {
      const Tensor won = zip("maximum", mine, other, [](Real u, Real v) {
        return u > v ? Real{1} : u == v ? Real{0.5} : Real{0};
      });
      return zip("maximum", dy, won, times);
    };
    if (d.wanted(0)) d.set(0, share(a, b));
    if (d.wanted(1)) d.set(1, share(b, a));
  });
}

namespace {

/// y = f(x) with the gradient dx = dy slope(x, y).
template <class F, class Slope>
Variable elementwise(const char* operation, const Variable& x, F f, Slope slope) {
  Tensor y = map(x.value(), f);
  return record(operation, y, {x}, [operation, slope, x = x.value(), y](const Tensor& dy, Gradients& d) {
    const Tensor derivative = zip(operation, x, y, slope);
    d.set(0, zip(operation, dy, derivative, times));
  });
}

}  // namespace

Variable square(const Variable& x) {
  return elementwise(
      "square", x, [](Real v) { return v * v; }, [](Real v, Real) { return 2 * v; });
}

Variable sqrt(const Variable& x) {
  return elementwise(
      "sqrt", x, [](Real v) { return std::sqrt(v); }, [](Real, Real y) { return Real{0.5} / y; });
}

Variable exp(const Variable& x) {
  return elementwise(
      "exp", x, [](Real v) { return elementary::exp(v); }, [](Real, Real y) { return y; });
}

Variable log(const Variable& x) {
  return elementwise(
      "log", x, [](Real v) { return std::log(v); }, [](Real v, Real) { return 1 / v; });
}

Variable pow(const Variable& x, Real exponent) {
  return elementwise(
      "pow", x, [exponent](Real v) { return std::pow(v, exponent); },
      [exponent](Real v, Real) { return exponent == 0 ? 0 : exponent * std::pow(v, exponent - 1); });
}

Variable abs(const Variable& x) {
  return elementwise(
      "abs", x, [](Real v) { return std::abs(v); },
      [](Real v, Real) { return v > 0   ? Real{1}
                                : v < 0 ? Real{-1}
                                        : Real{0}; });
}

}  // namespace gradus::inline GRADUS_PRECISION
