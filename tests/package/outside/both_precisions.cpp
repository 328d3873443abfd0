// Both libraries in one program: the two must learn the same, up to rounding, and not to the same bit.
#include <cmath>
#include <cstdio>

double loss_in_float();
double loss_in_double();

int main() {
  const double a = loss_in_float();
  const double b = loss_in_double();
  std::printf("loss %.9f in float, %.9f in double; without training %.9f\n", a, b, std::log(10.0));
  return a != b && std::abs(a - b) < 1e-4 && b < 0.8 * std::log(10.0) ? 0 : 1;
}
