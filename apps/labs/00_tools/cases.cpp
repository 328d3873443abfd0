#include "case.h"

#include "tools.h"

using namespace harness;

LAB_CASE("0.1", "random numbers", 1) {
  const std::size_t N = 9;
  const auto x = normal(N, 0, 2);
  input("N={}, x ~ 2 N(0,1)", N);
  std::vector<double> y(N, nan);
  student::relu(x, y);
  observe("y", y, {N});
}

LAB_CASE("0.1", "large and small", 1) {
  const std::vector<double> x{-1e4, -1e-300, 0, 1e-300, 0.75, 1e4};
  input("x = -1e4, -1e-300, 0, 1e-300, 0.75, 1e4; y holds 7 before the call");
  std::vector<double> y(x.size(), 7.0);
  const std::vector<double> before = x;
  student::relu(x, y);
  observe("y", y, {x.size()}).tolerance(0, 1e-12);
  unchanged("x", before, x);
}

LAB_CASE("0.1", "NaN stays NaN", 1) {
  const auto z = uniform(4, 1, 2);
  const std::vector<double> x{z[0], nan, -z[1], nan, z[2]};
  input("x = positive, NaN, negative, NaN, positive");
  std::vector<double> y(x.size(), 0.0);
  student::relu(x, y);
  observe("y", y, {x.size()});
}

LAB_CASE("0.1", "nothing", 1) {
  input("N=0");
  const std::vector<double> x;
  std::vector<double> y;
  student::relu(x, y);
  observe("elements", y.size());
}
