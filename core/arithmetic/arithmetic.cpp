#include <gradus/core/arithmetic/arithmetic.h>

#include <gradus/core/kernels/elementwise.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {
Tensor number(Real value) { return Tensor::full({}, value); }
}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) { return zip("add", a, b, plus); }
Tensor operator-(const Tensor& a, const Tensor& b) { return zip("subtract", a, b, minus); }
Tensor operator*(const Tensor& a, const Tensor& b) { return zip("multiply", a, b, times); }
Tensor operator/(const Tensor& a, const Tensor& b) { return zip("divide", a, b, divide); }
Tensor operator+(const Tensor& a, Real b) { return a + number(b); }
Tensor operator+(Real a, const Tensor& b) { return number(a) + b; }
Tensor operator-(const Tensor& a, Real b) { return a - number(b); }
Tensor operator-(Real a, const Tensor& b) { return number(a) - b; }
Tensor operator*(const Tensor& a, Real b) { return a * number(b); }
Tensor operator*(Real a, const Tensor& b) { return number(a) * b; }
Tensor operator/(const Tensor& a, Real b) { return a / number(b); }
Tensor operator/(Real a, const Tensor& b) { return number(a) / b; }
Tensor operator-(const Tensor& x) { return x * Real{-1}; }

}  // namespace gradus::inline GRADUS_PRECISION
