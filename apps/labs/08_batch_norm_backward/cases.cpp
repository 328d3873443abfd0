#include "case.h"

#include "batch_norm_backward.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace harness;

namespace {

/// A batch, what the forward pass computes from it, and a random upstream gradient.
struct Batch {
  std::size_t N;
  std::size_t F;
  std::vector<double> x;
  std::vector<double> dy;
  std::vector<double> gamma;
  std::vector<double> mu;
  std::vector<double> inv_std;
  std::vector<double> xhat;

  Batch(std::size_t samples, std::size_t features, double mean, double deviation, double epsilon = 1e-3)
      : N(samples),
        F(features),
        x(normal(N * F, mean, deviation)),
        dy(normal(N * F)),
        gamma(normal(F, 0, 1.5)),
        mu(F),
        inv_std(F),
        xhat(N * F) {
    const double count = static_cast<double>(N);
    for (std::size_t j = 0; j < F; ++j) {
      for (std::size_t i = 0; i < N; ++i) mu[j] += x[i * F + j] / count;
      double variance = 0;
      for (std::size_t i = 0; i < N; ++i) variance += std::pow(x[i * F + j] - mu[j], 2) / count;
      inv_std[j] = 1 / std::sqrt(variance + epsilon);
      for (std::size_t i = 0; i < N; ++i) xhat[i * F + j] = (x[i * F + j] - mu[j]) * inv_std[j];
    }
  }
};

/// The sum of dx over the batch, for each feature: 0, as adding a constant to a feature does not change y.
std::vector<double> column_sums(std::span<const double> dx, std::size_t F) {
  std::vector<double> sums(F);
  for (std::size_t n = 0; n < dx.size(); ++n) sums[n % F] += dx[n];
  return sums;
}

void staged(const Batch& b, double tolerance = 1e-9) {
  std::vector<double> dxhat(b.N * b.F, harness::nan);
  std::vector<double> dvariance(b.F, harness::nan);
  std::vector<double> dmu(b.F, harness::nan);
  std::vector<double> dx(b.N * b.F, harness::nan);
  const Batch before = b;
  student::batch_norm_backward_staged(b.dy, b.x, b.mu, b.inv_std, b.gamma, b.N, b.F, dxhat, dvariance, dmu, dx);
  observe("dxhat", dxhat, {b.N, b.F});
  observe("dvariance", dvariance, {b.F}).tolerance(tolerance, 1e-7).depends_on("dxhat");
  observe("dmu", dmu, {b.F}).tolerance(tolerance, 1e-7).depends_on("dxhat", "dvariance");
  observe("dx", dx, {b.N, b.F}).tolerance(tolerance, 1e-7).depends_on("dxhat", "dvariance", "dmu");
  observe("sum of dx", column_sums(dx, b.F), {b.F}).tolerance(1e-6, 0).depends_on("dx");
  unchanged("dy", before.dy, b.dy);
  unchanged("x", before.x, b.x);
}

void closed(const Batch& b, double tolerance = 1e-9) {
  std::vector<double> dx(b.N * b.F, harness::nan);
  std::vector<double> dgamma(b.F, harness::nan);
  std::vector<double> dbeta(b.F, harness::nan);
  const Batch before = b;
  student::batch_norm_backward(b.dy, b.xhat, b.inv_std, b.gamma, b.N, b.F, dx, dgamma, dbeta);
  observe("dbeta", dbeta, {b.F});
  observe("dgamma", dgamma, {b.F});
  observe("dx", dx, {b.N, b.F}).tolerance(tolerance, 1e-7).depends_on("dbeta", "dgamma");
  observe("sum of dx", column_sums(dx, b.F), {b.F}).tolerance(1e-6, 0).depends_on("dx");
  unchanged("dy", before.dy, b.dy);
  unchanged("xhat", before.xhat, b.xhat);
}

}  // namespace

LAB_CASE("8.1", "random gradient", 1) {
  const std::size_t N = 7, F = 4;
  const auto dy = normal(N * F);
  input("N={} F={}, random upstream gradient", N, F);
  std::vector<double> dbeta(F, nan);
  student::batch_norm_dbeta(dy, N, F, dbeta);
  observe("dbeta", dbeta, {F});
}

LAB_CASE("8.1", "more features than samples", 1) {
  const std::size_t N = 2, F = 5;
  const auto dy = normal(N * F, 3, 2);
  input("N={} F={}, dy ~ 3 + 2 N(0,1); dbeta holds 7 before the call", N, F);
  std::vector<double> dbeta(F, 7.0);
  student::batch_norm_dbeta(dy, N, F, dbeta);
  observe("dbeta", dbeta, {F});
}

LAB_CASE("8.2", "random gradient", 2) {
  const Batch b(7, 4, 0.5, 2);
  input("N={} F={}, x ~ 0.5 + 2 N(0,1), random upstream gradient", b.N, b.F);
  std::vector<double> dgamma(b.F, nan);
  student::batch_norm_dgamma(b.dy, b.xhat, b.N, b.F, dgamma);
  observe("dgamma", dgamma, {b.F});
}

LAB_CASE("8.2", "large mean", 1) {
  const Batch b(3, 5, 1000, 1);
  input("N={} F={}, x ~ 1000 + N(0,1), random upstream gradient; dgamma holds 7 before the call", b.N, b.F);
  std::vector<double> dgamma(b.F, 7.0);
  student::batch_norm_dgamma(b.dy, b.xhat, b.N, b.F, dgamma);
  observe("dgamma", dgamma, {b.F});
}

LAB_CASE("8.3", "a small batch", 2) {
  const Batch b(4, 3, 0, 1);
  input("N={} F={}, x ~ N(0,1), random upstream gradient and gamma", b.N, b.F);
  staged(b);
}

LAB_CASE("8.3", "large deviation", 2) {
  const Batch b(8, 5, 12, 5);
  input("N={} F={}, x ~ 12 + 5 N(0,1), random upstream gradient and gamma", b.N, b.F);
  staged(b);
}

LAB_CASE("8.3", "large mean", 1) {
  const Batch b(9, 2, 1000, 0.5);
  input("N={} F={}, x ~ 1000 + 0.5 N(0,1), random upstream gradient and gamma", b.N, b.F);
  staged(b, 1e-7);
}

LAB_CASE("8.3", "two samples", 1) {
  const Batch b(2, 3, 0, 0.1, 1e-2);
  input("N={} F={}, x ~ 0.1 N(0,1), epsilon 0.01, random upstream gradient and gamma", b.N, b.F);
  staged(b);
}

LAB_CASE("8.4", "a small batch", 1) {
  const Batch b(4, 3, 0, 1);
  input("N={} F={}, x ~ N(0,1), random upstream gradient and gamma", b.N, b.F);
  closed(b);
}

LAB_CASE("8.4", "large deviation", 1) {
  const Batch b(8, 5, 12, 5);
  input("N={} F={}, x ~ 12 + 5 N(0,1), random upstream gradient and gamma", b.N, b.F);
  closed(b);
}

LAB_CASE("8.4", "large mean", 1) {
  const Batch b(9, 2, 1000, 0.5);
  input("N={} F={}, x ~ 1000 + 0.5 N(0,1), random upstream gradient and gamma", b.N, b.F);
  closed(b, 1e-7);
}

LAB_CASE("8.4", "not slower than the staged form", 1) {
  const Batch b(256, 64, 0, 1);
  input("N={} F={}, the fastest of 9 calls of each", b.N, b.F);
  std::vector<double> dx(b.N * b.F, nan), dgamma(b.F, nan), dbeta(b.F, nan);
  std::vector<double> dxhat(b.N * b.F), dvariance(b.F), dmu(b.F), staged_dx(b.N * b.F);
  const auto seconds = [](const auto& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double closed_form = 1e9;
  double by_stages = 1e9;
  for (int repetition = 0; repetition < 9; ++repetition) {
    closed_form = std::min(
        closed_form,
        seconds([&] { student::batch_norm_backward(b.dy, b.xhat, b.inv_std, b.gamma, b.N, b.F, dx, dgamma, dbeta); }));
    by_stages = std::min(by_stages, seconds([&] {
                           student::batch_norm_backward_staged(b.dy, b.x, b.mu, b.inv_std, b.gamma, b.N, b.F, dxhat,
                                                               dvariance, dmu, staged_dx);
                         }));
  }
  dx.resize(3 * b.F);
  observe("dx of the first samples", dx, {3, b.F});
  require(closed_form < 1.5 * by_stages, "the closed form takes {:.1f} times as long as the staged one",
          closed_form / by_stages);
}
