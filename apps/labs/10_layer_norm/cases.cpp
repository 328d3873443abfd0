#include "case.h"
#include "layer_norm.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

using namespace harness;

namespace {

struct Forward {
  std::vector<double> xhat, inv_std, y;
};

Forward forward(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta, double epsilon,
                std::size_t N) {
  const std::size_t F = gamma.size();
  Forward result{std::vector<double>(N * F, harness::nan), std::vector<double>(N, harness::nan),
                 std::vector<double>(N * F, harness::nan)};
  student::layer_norm_forward(x, gamma, beta, epsilon, N, F, result.xhat, result.inv_std, result.y);
  return result;
}

/// Normalized rows, for cases of the backward pass that must not depend on the forward pass.
Forward given_forward(std::span<const double> x, std::size_t N, std::size_t F) {
  Forward result{std::vector<double>(N * F), std::vector<double>(N), {}};
  for (std::size_t i = 0; i < N; ++i) {
    const auto row = x.subspan(i * F, F);
    const double mean = harness::sum(row) / static_cast<double>(F);
    double squares = 0;
    for (const double element : row) squares += (element - mean) * (element - mean);
    result.inv_std[i] = 1 / std::sqrt(squares / static_cast<double>(F) + 1e-3);
    for (std::size_t j = 0; j < F; ++j) result.xhat[i * F + j] = (row[j] - mean) * result.inv_std[i];
  }
  return result;
}

void statistics(std::span<const double> x, double epsilon, std::size_t N, std::size_t F) {
  std::vector<double> mean(N, harness::nan), inv_std(N, harness::nan);
  student::row_statistics(x, epsilon, N, F, mean, inv_std);
  observe("mean", mean, {N});
  observe("inv_std", inv_std, {N});
}

void gradients(std::size_t N, std::size_t F) {
  const auto dy = normal(N * F);
  const auto xhat = normal(N * F);
  std::vector<double> dgamma(F, harness::nan), dbeta(F, harness::nan);
  student::layer_norm_parameters(dy, xhat, N, F, dgamma, dbeta);
  observe("dgamma", dgamma, {F});
  observe("dbeta", dbeta, {F});
}

void input_gradient(std::span<const double> x, std::size_t N, std::size_t F) {
  const auto gamma = normal(F, 1, 0.5);
  const auto dy = normal(N * F);
  const Forward given = given_forward(x, N, F);
  std::vector<double> dxhat(N * F, harness::nan), dx(N * F, harness::nan);
  student::layer_norm_dx(dy, gamma, given.xhat, given.inv_std, N, F, dxhat, dx);
  observe("dxhat", dxhat, {N, F});
  observe("dx", dx, {N, F}).depends_on("dxhat");
  std::vector<double> sums(N);
  for (std::size_t i = 0; i < N; ++i) sums[i] = sum(std::span(dx).subspan(i * F, F));
  observe("sum of dx in each row", sums, {N}).depends_on("dx");
}

}  // namespace

LAB_CASE("10.1", "rows", 2) {
  const std::size_t N = 5, F = 7;
  input("N={} F={}, x ~ 12 + 5 N(0,1), epsilon 1e-3", N, F);
  statistics(normal(N * F, 12, 5), 1e-3, N, F);
}

LAB_CASE("10.1", "small and constant rows", 1) {
  const std::size_t N = 4, F = 3;
  auto x = normal(N * F, 2, 0.02);
  std::fill_n(x.begin() + F, F, 0.5);
  input("N={} F={}, x ~ 2 + 0.02 N(0,1), row 1 constant, epsilon 1e-3", N, F);
  statistics(x, 1e-3, N, F);
}

LAB_CASE("10.1", "a large mean", 1) {
  // Offsets whose sum is 0: the mean is 2^30 exactly, and the difference of two large numbers leaves nothing.
  const std::size_t N = 3, F = 8;
  std::vector<double> x(N * F, 1073741824);
  const auto offsets = integers(N * F / 2, 9);
  for (std::size_t k = 0; k < offsets.size(); ++k) {
    const std::size_t row = k / (F / 2) * F, j = k % (F / 2);
    x[row + j] += static_cast<double>(offsets[k]) + 1;
    x[row + F - 1 - j] -= static_cast<double>(offsets[k]) + 1;
  }
  input("N={} F={}, x = 2^30 + small whole numbers, epsilon 1e-3", N, F);
  statistics(x, 1e-3, N, F);
}

LAB_CASE("10.2", "forward", 2) {
  const std::size_t N = 5, F = 7;
  const auto x = normal(N * F, 12, 5);
  const auto gamma = normal(F, 1, 0.5);
  const auto beta = normal(F);
  input("N={} F={}, x ~ 12 + 5 N(0,1), epsilon 1e-3", N, F);
  const Forward result = forward(x, gamma, beta, 1e-3, N);
  observe("inv_std", result.inv_std, {N});
  observe("xhat", result.xhat, {N, F}).depends_on("inv_std");
  observe("y", result.y, {N, F}).depends_on("xhat");
}

LAB_CASE("10.2", "batch of 1, and one feature", 1) {
  const auto x = normal(6, 3, 2);
  const auto gamma = normal(6, 1, 0.5);
  const auto beta = normal(6);
  input("x ~ 3 + 2 N(0,1), epsilon 1e-3: first N=1 F=6, then N=6 F=1, where y is beta");
  observe("y, N=1", forward(x, gamma, beta, 1e-3, 1).y, {1, 6});
  observe("y, F=1", forward(x, std::span(gamma).first(1), std::span(beta).first(1), 1e-3, 6).y, {6, 1});
}

LAB_CASE("10.2", "LN(a x + b) = LN(x)", 1) {
  const std::size_t N = 4, F = 5;
  const auto x = normal(N * F);
  const auto a = uniform(N, 0.5, 20);
  const auto b = normal(N, 0, 100);
  const auto gamma = normal(F, 1, 0.5);
  const auto beta = normal(F);
  input("N={} F={}, a from 0.5 to 20, b ~ 100 N(0,1) for each row, epsilon 1e-12", N, F);
  std::vector<double> moved(N * F);
  for (std::size_t i = 0; i < N * F; ++i) moved[i] = a[i / F] * x[i] + b[i / F];
  const auto y = forward(x, gamma, beta, 1e-12, N).y;
  const auto y_moved = forward(moved, gamma, beta, 1e-12, N).y;
  double difference = 0;
  for (std::size_t i = 0; i < N * F; ++i) difference = std::max(difference, std::abs(y[i] - y_moved[i]));
  observe("y of x", y, {N, F});
  observe("y of a x + b", y_moved, {N, F});
  require(difference < 1e-6, "LN(a x + b) and LN(x) differ by {:.3g}", difference);
}

LAB_CASE("10.2", "a row alone, to the bit", 1) {
  const std::size_t N = 5, F = 3;
  const auto x = normal(N * F, 12, 5);
  const auto gamma = normal(F, 1, 0.5);
  const auto beta = normal(F);
  input("N={} F={}, x ~ 12 + 5 N(0,1): row 2 in its batch, alone, and once more", N, F);
  const auto y = forward(x, gamma, beta, 1e-3, N).y;
  const auto row = std::span(x).subspan(2 * F, F);
  const auto alone = forward(row, gamma, beta, 1e-3, 1).y;
  const auto again = forward(row, gamma, beta, 1e-3, 1).y;
  observe("y[2] in its batch", std::span(y).subspan(2 * F, F), {F});
  observe("y[2] alone", alone, {F});
  observe("y[2] once more", again, {F});
  require(std::equal(alone.begin(), alone.end(), y.begin() + 2 * F), "y of a row depends on the other rows");
  require(alone == again, "a second call gives another y: something is kept between calls");
}

LAB_CASE("10.3", "gradients", 2) {
  input("N=5 F=7, random upstream gradient and xhat");
  gradients(5, 7);
}

LAB_CASE("10.3", "batch of 1", 1) {
  input("N=1 F=4, random upstream gradient and xhat");
  gradients(1, 4);
}

LAB_CASE("10.4", "dx", 3) {
  input("N=5 F=7, x ~ 2 N(0,1), random upstream gradient, gamma ~ 1 + 0.5 N(0,1); xhat and inv_std are given");
  input_gradient(normal(35, 0, 2), 5, 7);
}

LAB_CASE("10.4", "batch of 1", 1) {
  input("N=1 F=6, x ~ 2 N(0,1), random upstream gradient; xhat and inv_std are given");
  input_gradient(normal(6, 0, 2), 1, 6);
}

LAB_CASE("10.4", "the whole layer", 2) {
  // Moves along a random direction and compares with the gradient: a formula of its own.
  const std::size_t N = 3, F = 5;
  const auto x = normal(N * F, 12, 5);
  const auto gamma = normal(F, 1, 0.5);
  const auto beta = normal(F);
  const auto dy = normal(N * F);
  const auto direction = normal(N * F);
  input("N={} F={}, x ~ 12 + 5 N(0,1), your forward pass, random upstream gradient, epsilon 1e-3", N, F);
  const Forward at = forward(x, gamma, beta, 1e-3, N);
  std::vector<double> dxhat(N * F, nan), dx(N * F, nan);
  student::layer_norm_dx(dy, gamma, at.xhat, at.inv_std, N, F, dxhat, dx);
  observe("xhat", at.xhat, {N, F});
  observe("inv_std", at.inv_std, {N});
  observe("dx", dx, {N, F}).depends_on("xhat", "inv_std");
  const auto loss_at = [&](double step) {
    std::vector<double> moved(x);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += step * direction[i];
    const auto y = forward(moved, gamma, beta, 1e-3, N).y;
    double loss = 0;
    for (std::size_t i = 0; i < y.size(); ++i) loss += y[i] * dy[i];
    return loss;
  };
  const double quotient = (loss_at(1e-4) - loss_at(-1e-4)) / 2e-4;
  double slope = 0;
  for (std::size_t i = 0; i < dx.size(); ++i) slope += dx[i] * direction[i];
  require(std::abs(slope - quotient) < 1e-6 * (1 + std::abs(quotient)),
          "along a random direction, dx says {:.6f}, the difference quotient of y {:.6f}", slope, quotient);
}
