#include "batch_norm_forward.h"
#include "case.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

using namespace harness;

namespace {

/// One layer with random gamma, beta and moving statistics, and the outputs of its last training step.
struct Layer {
  std::size_t F;
  double momentum = 0.9;
  double epsilon = 1e-3;
  std::vector<double> gamma = harness::normal(F, 1, 0.5);
  std::vector<double> beta = harness::normal(F);
  std::vector<double> moving_mean = harness::normal(F);
  std::vector<double> moving_variance = harness::uniform(F, 0.5, 2);
  std::vector<double> xhat;
  std::vector<double> inv_std;
  std::vector<double> y;

  explicit Layer(std::size_t features) : F(features) {}

  void training(std::span<const double> x) {
    xhat.assign(x.size(), harness::nan);
    inv_std.assign(F, harness::nan);
    y.assign(x.size(), harness::nan);
    student::batch_norm_training(x, gamma, beta, momentum, epsilon, x.size() / F, F, moving_mean, moving_variance, xhat,
                                 inv_std, y);
  }

  std::vector<double> inference(std::span<const double> x) const {
    std::vector<double> result(x.size(), harness::nan);
    student::batch_norm_inference(x, gamma, beta, moving_mean, moving_variance, epsilon, x.size() / F, F, result);
    return result;
  }
};

std::vector<double> mean_of(std::span<const double> x, std::size_t N, std::size_t F) {
  std::vector<double> mu(F, harness::nan);
  student::batch_mean(x, N, F, mu);
  return mu;
}

std::vector<double> variance_of(std::span<const double> x, std::span<const double> mu, std::size_t N, std::size_t F) {
  std::vector<double> variance(F, harness::nan);
  student::batch_variance(x, mu, N, F, variance);
  return variance;
}

/// The mean of each feature, for cases that must not depend on `batch_mean`.
std::vector<double> given_mean(std::span<const double> x, std::size_t N, std::size_t F) {
  std::vector<double> mu(F, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) mu[i % F] += x[i] / static_cast<double>(N);
  return mu;
}

}  // namespace

LAB_CASE("7.1", "mean", 1) {
  const std::size_t N = 7, F = 4;
  const auto x = normal(N * F, 12, 5);
  input("N={} F={}, x ~ 12 + 5 N(0,1)", N, F);
  observe("mu", mean_of(x, N, F), {F});
}

LAB_CASE("7.1", "variance", 2) {
  const std::size_t N = 7, F = 4;
  const auto x = normal(N * F, 12, 5);
  input("N={} F={}, x ~ 12 + 5 N(0,1), mu is given", N, F);
  observe("variance", variance_of(x, given_mean(x, N, F), N, F), {F});
}

LAB_CASE("7.1", "variance at a large mean", 1) {
  // Offsets whose sum is 0: the mean is 2^30 exactly, and the difference of two large numbers leaves nothing.
  const std::size_t N = 8, F = 3;
  const double large = 1073741824;
  std::vector<double> x(N * F, large);
  const auto offsets = integers(N / 2 * F, 9);
  for (std::size_t i = 0; i < N / 2 * F; ++i) {
    x[i] += static_cast<double>(offsets[i]) + 1;
    x[x.size() - F + i % F - i / F * F] -= static_cast<double>(offsets[i]) + 1;
  }
  input("N={} F={}, x = 2^30 + small whole numbers, mu = 2^30 is given", N, F);
  observe("variance", variance_of(x, std::vector<double>(F, large), N, F), {F});
}

LAB_CASE("7.2", "inv_std", 1) {
  const auto variance = uniform(5, 0, 0.02);
  input("F=5, variance from 0 to 0.02, epsilon 1e-3");
  std::vector<double> inv_std(5, nan);
  student::inverse_deviation(variance, 1e-3, inv_std);
  observe("inv_std", inv_std, {5});
  const std::vector<double> zero(1, 0.0);
  std::vector<double> of_zero(1, nan);
  student::inverse_deviation(zero, 1e-3, of_zero);
  observe("inv_std of variance 0", of_zero, {1});
}

LAB_CASE("7.2", "normalize", 1) {
  const std::size_t N = 5, F = 3;
  const auto x = normal(N * F);
  const auto mean = normal(F);
  const auto inv_std = uniform(F, 0.5, 2);
  input("N={} F={}, x, mean ~ N(0,1), inv_std from 0.5 to 2", N, F);
  std::vector<double> xhat(N * F, nan);
  student::normalize(x, mean, inv_std, N, F, xhat);
  observe("xhat", xhat, {N, F});
}

LAB_CASE("7.2", "scale and shift", 1) {
  const std::size_t N = 5, F = 3;
  const auto xhat = normal(N * F);
  const auto gamma = normal(F, 1, 0.5);
  const auto beta = normal(F);
  input("N={} F={}, xhat, beta ~ N(0,1), gamma ~ 1 + 0.5 N(0,1)", N, F);
  std::vector<double> y(N * F, nan);
  student::scale_and_shift(xhat, gamma, beta, N, F, y);
  observe("y", y, {N, F});
}

LAB_CASE("7.3", "a new layer", 1) {
  const std::size_t F = 3;
  input("F={}, all four filled with NaN", F);
  std::vector<double> gamma(F, nan), beta(F, nan), moving_mean(F, nan), moving_variance(F, nan);
  student::batch_norm_reset(gamma, beta, moving_mean, moving_variance);
  observe("gamma", gamma, {F});
  observe("beta", beta, {F});
  observe("moving_mean", moving_mean, {F});
  observe("moving_variance", moving_variance, {F});
}

LAB_CASE("7.3", "moving average", 2) {
  const auto batch = normal(5, 3, 1);
  auto moving = normal(5);
  input("F=5, momentum 0.9: one step, then 30 more with the same batch; then momentum 1 and 0");
  student::update_moving(moving, batch, 0.9);
  observe("moving, 1 step", moving, {5});
  for (int step = 0; step < 30; ++step) student::update_moving(moving, batch, 0.9);
  observe("moving, 31 steps", moving, {5});
  const auto before = moving;
  student::update_moving(moving, normal(5), 1);
  observe("change at momentum 1", sum(moving) - sum(before));
  student::update_moving(moving, batch, 0);
  observe("moving, momentum 0", moving, {5});
}

LAB_CASE("7.4", "one step", 3) {
  const std::size_t N = 7, F = 4;
  Layer layer(F);
  const auto x = normal(N * F, 12, 5);
  input("N={} F={}, x ~ 12 + 5 N(0,1), momentum 0.9, epsilon 1e-3", N, F);
  layer.training(x);
  observe("inv_std", layer.inv_std, {F});
  observe("xhat", layer.xhat, {N, F}).depends_on("inv_std");
  observe("y", layer.y, {N, F}).depends_on("xhat");
  observe("moving_mean", layer.moving_mean, {F});
  observe("moving_variance", layer.moving_variance, {F});
}

LAB_CASE("7.4", "batch of 2, constant feature", 1) {
  const std::size_t N = 2, F = 3;
  Layer layer(F);
  layer.epsilon = 1e-5;
  auto x = normal(N * F, 1e4, 1);
  x[1] = x[F + 1] = 0.25;
  input("N={} F={}, x ~ 1e4 + N(0,1), feature 1 constant, epsilon 1e-5", N, F);
  layer.training(x);
  observe("inv_std", layer.inv_std, {F}).tolerance(1e-6, 1e-6);
  observe("y", layer.y, {N, F}).depends_on("inv_std").tolerance(1e-6, 1e-6);
  observe("moving_variance", layer.moving_variance, {F}).tolerance(1e-6, 1e-6);
}

LAB_CASE("7.4", "batch of 1", 1) {
  const std::size_t F = 3;
  Layer layer(F);
  const auto x = normal(F);
  const auto before = layer;
  input("N=1 F={}, training", F);
  throws("batch of 1 in training", [&] { layer.training(x); });
  observe("moving_mean after it", layer.moving_mean, {F});
  observe("moving_variance after it", layer.moving_variance, {F});
  unchanged("moving_mean", before.moving_mean, layer.moving_mean);
  unchanged("moving_variance", before.moving_variance, layer.moving_variance);
}

LAB_CASE("7.5", "moving statistics", 1) {
  const std::size_t N = 5, F = 4;
  const Layer layer(F);
  const auto x = normal(N * F, 3, 2);
  input("N={} F={}, x ~ 3 + 2 N(0,1), epsilon 1e-3", N, F);
  observe("y", layer.inference(x), {N, F});
  const auto once = layer.inference(x);
  const auto again = layer.inference(x);
  require(once == again, "the second call with the same x gives another y: something was changed by the first");
}

LAB_CASE("7.5", "one sample and its batch", 1) {
  const std::size_t N = 6, F = 3;
  const Layer layer(F);
  const auto x = normal(N * F, 3, 2);
  input("N={} F={}, x ~ 3 + 2 N(0,1): y of sample 2 in its batch and alone", N, F);
  const auto y = layer.inference(x);
  const auto alone = layer.inference(std::span(x).subspan(2 * F, F));
  observe("y[2] in its batch", std::span(y).subspan(2 * F, F), {F});
  observe("y[2] alone", alone, {F});
  require(std::equal(alone.begin(), alone.end(), y.begin() + static_cast<std::ptrdiff_t>(2 * F)),
          "the prediction for a sample depends on the rest of its batch");
}

LAB_CASE("7.5", "after training", 1) {
  const std::size_t N = 9, F = 3;
  Layer layer(F);
  const auto test = normal(2 * F, 4, 3);
  input("50 steps of N={} F={}, x ~ 4 + 3 N(0,1), momentum 0.9; then inference of 2 samples", N, F);
  for (int step = 0; step < 50; ++step) layer.training(normal(N * F, 4, 3));
  observe("moving_mean", layer.moving_mean, {F});
  observe("moving_variance", layer.moving_variance, {F});
  observe("y", layer.inference(test), {2, F}).depends_on("moving_mean", "moving_variance");
}

LAB_CASE("7.6", "save", 1) {
  const std::size_t F = 3;
  const Layer layer(F);
  input("F={}", F);
  std::vector<double> state(4 * F, nan);
  student::batch_norm_save(layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance, state);
  observe("state", state, {4, F});
}

LAB_CASE("7.6", "load", 1) {
  const std::size_t N = 4, F = 3;
  const auto state = uniform(4 * F, 0.5, 2);
  const auto x = normal(N * F);
  input("F={}, a state of random numbers; then inference of N={}", F, N);
  Layer layer(F);
  student::batch_norm_load(state, layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance);
  observe("gamma", layer.gamma, {F});
  observe("beta", layer.beta, {F});
  observe("moving_mean", layer.moving_mean, {F});
  observe("moving_variance", layer.moving_variance, {F});
  observe("y in inference", layer.inference(x), {N, F}).depends_on("gamma", "beta", "moving_mean", "moving_variance");
}
