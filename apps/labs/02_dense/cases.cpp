#include "case.h"

#include "dense.h"

namespace harness {
namespace {

/// A layer with random numbers, of which no one is small.
struct Layer {
  std::size_t N;
  std::size_t F;
  std::size_t U;
  std::vector<double> x;
  std::vector<double> kernel;
  std::vector<double> bias;
  std::vector<double> dy;

  Layer(std::size_t samples, std::size_t features, std::size_t units, double mean = 0)
      : N(samples),
        F(features),
        U(units),
        x(normal(N * F, mean)),
        kernel(normal(F * U)),
        bias(normal(U, 3)),
        dy(normal(N * U, 1)) {}
};

void forward(const Layer& layer, bool with_bias = true) {
  const std::size_t N = layer.N, F = layer.F, U = layer.U;
  std::vector<double> y(N * U, nan);
  student::dense_forward(layer.x, layer.kernel, with_bias ? layer.bias : std::vector<double>(), N, F, U, y);
  observe("y", y, {N, U});
}

void dx(const Layer& layer) {
  const std::size_t N = layer.N, F = layer.F, U = layer.U;
  std::vector<double> result(N * F, nan);
  student::dense_dx(layer.dy, layer.kernel, N, F, U, result);
  observe("dx", result, {N, F});
}

void dkernel(const Layer& layer) {
  const std::size_t N = layer.N, F = layer.F, U = layer.U;
  std::vector<double> result(F * U, nan);
  student::dense_dkernel(layer.x, layer.dy, N, F, U, result);
  observe("dkernel", result, {F, U});
}

void dbias(const Layer& layer) {
  std::vector<double> result(layer.U, nan);
  student::dense_dbias(layer.dy, layer.N, layer.U, result);
  observe("dbias", result, {layer.U});
}

void product(std::size_t M, std::size_t K, std::size_t N) {
  const auto a = normal(M * K);
  const auto b = normal(K * N);
  std::vector<double> c(M * N, nan);
  student::blocked_product(a, b, M, K, N, c);
  observe("c", c, {M, N});
}

}  // namespace
}  // namespace harness

LAB_CASE("2.1", "few samples", 1) {
  const Layer layer(3, 5, 4);
  input("N={} F={} U={}, all random", layer.N, layer.F, layer.U);
  forward(layer);
}

LAB_CASE("2.1", "more samples than features", 1) {
  const Layer layer(9, 4, 3);
  input("N={} F={} U={}, all random", layer.N, layer.F, layer.U);
  forward(layer);
}

LAB_CASE("2.1", "batch of 1", 1) {
  const Layer layer(1, 7, 5);
  input("N={} F={} U={}, all random", layer.N, layer.F, layer.U);
  forward(layer);
}

LAB_CASE("2.1", "without bias", 1) {
  const Layer layer(4, 6, 5);
  input("N={} F={} U={}, an empty bias", layer.N, layer.F, layer.U);
  forward(layer, false);
}

LAB_CASE("2.2", "more units than features", 2) {
  const Layer layer(2, 3, 5);
  input("N={} F={} U={}, random kernel and upstream gradient", layer.N, layer.F, layer.U);
  dx(layer);
}

LAB_CASE("2.2", "more features than units", 1) {
  const Layer layer(7, 5, 3);
  input("N={} F={} U={}, random kernel and upstream gradient", layer.N, layer.F, layer.U);
  dx(layer);
}

LAB_CASE("2.2", "batch of 1", 1) {
  const Layer layer(1, 4, 6);
  input("N={} F={} U={}, random kernel and upstream gradient", layer.N, layer.F, layer.U);
  dx(layer);
}

LAB_CASE("2.3", "few samples", 2) {
  const Layer layer(2, 5, 3);
  input("N={} F={} U={}, random x and upstream gradient", layer.N, layer.F, layer.U);
  dkernel(layer);
}

LAB_CASE("2.3", "large x", 1) {
  const Layer layer(9, 3, 4, 100);
  input("N={} F={} U={}, x ~ 100 + N(0,1), random upstream gradient", layer.N, layer.F, layer.U);
  dkernel(layer);
}

LAB_CASE("2.3", "batch of 1", 1) {
  const Layer layer(1, 4, 6);
  input("N={} F={} U={}, random x and upstream gradient", layer.N, layer.F, layer.U);
  dkernel(layer);
}

LAB_CASE("2.4", "few samples", 1) {
  const Layer layer(3, 1, 5);
  input("N={} U={}, random upstream gradient", layer.N, layer.U);
  dbias(layer);
}

LAB_CASE("2.4", "more samples than units", 1) {
  const Layer layer(9, 1, 4);
  input("N={} U={}, random upstream gradient", layer.N, layer.U);
  dbias(layer);
}

LAB_CASE("2.5", "small", 1) {
  input("a (3, 4), b (4, 5), random");
  product(3, 4, 5);
}

LAB_CASE("2.5", "sizes that no block divides", 2) {
  input("a (67, 131), b (131, 69), random");
  product(67, 131, 69);
}

LAB_CASE("2.5", "many columns", 1) {
  input("a (2, 5), b (5, 1031), random");
  product(2, 5, 1031);
}

LAB_CASE("2.5", "many rows, one column", 1) {
  input("a (517, 6), b (6, 1), random");
  product(517, 6, 1);
}
