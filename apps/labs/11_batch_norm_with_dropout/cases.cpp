#include "batch_norm_with_dropout.h"
#include "case.h"
#include "dropout.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace harness;
using student::Order;

namespace {

/// The variance of elements offset, offset + stride, ..., for cases that measure with a formula of their own.
double variance_of(std::span<const double> values, std::size_t stride = 1, std::size_t offset = 0) {
  const double count = static_cast<double>(values.size() / stride);
  double mean = 0;
  for (std::size_t i = offset; i < values.size(); i += stride) mean += values[i] / count;
  double variance = 0;
  for (std::size_t i = offset; i < values.size(); i += stride) {
    variance += (values[i] - mean) * (values[i] - mean) / count;
  }
  return variance;
}

std::vector<double> dropped(std::span<const double> x, double rate, std::uint64_t key) {
  std::vector<double> y(x.size(), harness::nan);
  student::dropout_forward(x, rate, key, true, y);
  return y;
}

std::vector<double> times_kernel(std::span<const double> x, std::span<const double> kernel, std::size_t F) {
  const std::size_t N = x.size() / F, U = kernel.size() / F;
  std::vector<double> z(N * U);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) {
      for (std::size_t u = 0; u < U; ++u) z[i * U + u] += x[i * F + j] * kernel[j * U + u];
    }
  }
  return z;
}

bool within_5_percent(double predicted, double measured) {
  return std::abs(predicted - measured) <= 0.05 * std::abs(measured);
}

std::vector<double> dense_ratios(std::span<const double> x, std::span<const double> kernel, double rate, std::size_t F,
                                 std::size_t U) {
  std::vector<double> ratio(U, harness::nan);
  student::predicted_dense_ratios(x, kernel, rate, x.size() / F, F, U, ratio);
  return ratio;
}

/// A block with random gamma, beta and moving statistics.
struct Block {
  std::size_t F;
  double momentum = 0.9;
  std::vector<double> gamma = harness::normal(F, 1, 0.5);
  std::vector<double> beta = harness::normal(F);
  std::vector<double> moving_mean = harness::normal(F);
  std::vector<double> moving_variance = harness::uniform(F, 0.5, 2);

  explicit Block(std::size_t features) : F(features) {}

  std::vector<double> operator()(Order order, std::span<const double> x, double rate, bool training) {
    std::vector<double> y(x.size(), harness::nan);
    student::block_forward(order, x, rate, 11, training, {gamma, beta, moving_mean, moving_variance, momentum, 1e-3},
                           x.size() / F, F, y);
    return y;
  }
};

}  // namespace

LAB_CASE("11.1", "variance", 1) {
  const auto mean = normal(4, 0, 2);
  const auto variance = uniform(4, 0.2, 3);
  input("4 means and variances with rate 0.3, then mean 0 with rate 0.8, and rate 0");
  std::vector<double> result;
  for (std::size_t i = 0; i < 4; ++i) result.push_back(student::dropped_variance(mean[i], variance[i], 0.3));
  observe("variance in training", result, {4});
  observe("of mean 0, rate 0.8", student::dropped_variance(0, 1.5, 0.8));
  observe("of rate 0", student::dropped_variance(2, 1.5, 0));
}

LAB_CASE("11.1", "ratio", 1) {
  const auto mean = normal(4, 0, 2);
  const auto variance = uniform(4, 0.2, 3);
  input("4 means and variances with rate 0.3, then mean 0 with rate 0.8, and rate 0");
  std::vector<double> result;
  for (std::size_t i = 0; i < 4; ++i) result.push_back(student::predicted_ratio(mean[i], variance[i], 0.3));
  observe("ratio", result, {4});
  observe("of mean 0, rate 0.8", student::predicted_ratio(0, 1.5, 0.8));
  observe("of rate 0", student::predicted_ratio(2, 1.5, 0));
}

LAB_CASE("11.1", "measured with dropout", 1) {
  auto x = normal(40000, 0.5, 1);
  for (double& element : x) element = std::max(element, 0.0);
  input("40,000 elements of relu(0.5 + N(0,1)), rate 0.6, dropped by the function of lab 6");
  const double measured = variance_of(x) / variance_of(dropped(x, 0.6, seed()));
  const double predicted = student::predicted_ratio(sum(x) / 40000, variance_of(x), 0.6);
  observe("predicted ratio", predicted);
  require(within_5_percent(predicted, measured), "predicted {:.4f}, measured {:.4f}: more than 5 % apart", predicted,
          measured);
}

LAB_CASE("11.2", "dense layer", 2) {
  const std::size_t N = 20, F = 5, U = 3;
  const auto x = normal(N * F, 1, 2);
  const auto kernel = normal(F * U);
  input("N={} F={} U={}, x ~ 1 + 2 N(0,1), kernel ~ N(0,1), rate 0.3 and 0", N, F, U);
  observe("ratio", dense_ratios(x, kernel, 0.3, F, U), {U});
  observe("ratio at rate 0", dense_ratios(x, kernel, 0, F, U), {U});
}

LAB_CASE("11.2", "features that go together", 1) {
  const std::size_t N = 20, F = 4, U = 2;
  auto x = normal(N * F, 1, 1);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 1; j < F; ++j) x[i * F + j] = x[i * F] + 0.1 * x[i * F + j];
  }
  const auto kernel = uniform(F * U, 0.2, 1);
  input("N={} F={} U={}, all features nearly equal, kernel from 0.2 to 1, rate 0.6", N, F, U);
  observe("ratio", dense_ratios(x, kernel, 0.6, F, U), {U});
}

LAB_CASE("11.2", "measured with dropout", 1) {
  const std::size_t N = 20000, F = 6, U = 2;
  auto x = normal(N * F, 0.5, 1);
  for (double& element : x) element = std::max(element, 0.0);
  const auto kernel = normal(F * U);
  input("N={} F={} U={}, x = relu(0.5 + N(0,1)), kernel ~ N(0,1), rate 0.6, dropped by the function of lab 6", N, F, U);
  const auto in_inference = times_kernel(x, kernel, F);
  const auto in_training = times_kernel(dropped(x, 0.6, seed()), kernel, F);
  const auto predicted = dense_ratios(x, kernel, 0.6, F, U);
  observe("predicted ratio", predicted, {U});
  for (std::size_t u = 0; u < U; ++u) {
    const double measured = variance_of(in_inference, U, u) / variance_of(in_training, U, u);
    require(within_5_percent(predicted[u], measured), "unit {}: predicted {:.4f}, measured {:.4f}: more than 5 % apart",
            u, predicted[u], measured);
  }
}

LAB_CASE("11.3", "mean over the units", 2) {
  const std::size_t N = 15, U = 4;
  auto inference = normal(N * U);
  auto training = normal(N * U, 0, 1.5);
  for (std::size_t i = 0; i < N * U; ++i) {
    const double unit = static_cast<double>(i % U);
    inference[i] = inference[i] * (1 + unit) + 5 * unit;
    training[i] = training[i] * (1 + 2 * unit) + 5 * unit;
  }
  input("N={} U={}, units of different means and variances", N, U);
  observe("ratio", student::measured_ratio(inference, training, N, U));
}

LAB_CASE("11.3", "dead units", 1) {
  const std::size_t N = 9, U = 5;
  auto inference = normal(N * U);
  auto training = normal(N * U, 0, 1.5);
  for (std::size_t i = 0; i < N; ++i) inference[i * U + 3] = training[i * U + 3] = training[i * U + 1] = 0;
  input("N={} U={}, unit 3 is 0 in both modes, unit 1 in training; then all units are 0", N, U);
  observe("ratio", student::measured_ratio(inference, training, N, U));
  const std::vector<double> zeros(N * U, 0.0);
  observe("ratio, all dead", student::measured_ratio(zeros, zeros, N, U));
}

LAB_CASE("11.4", "dropout first", 1) {
  const std::size_t N = 7, F = 3;
  Block block(F);
  const auto x = normal(N * F, 2, 1);
  input("N={} F={}, x ~ 2 + N(0,1), rate 0.4, training, with the functions of labs 6 and 7", N, F);
  observe("y", block(Order::dropout_first, x, 0.4, true), {N, F});
  observe("moving_mean", block.moving_mean, {F});
  observe("moving_variance", block.moving_variance, {F});
}

LAB_CASE("11.4", "normalization first", 1) {
  const std::size_t N = 7, F = 3;
  Block block(F);
  const auto x = normal(N * F, 2, 1);
  input("N={} F={}, x ~ 2 + N(0,1), rate 0.4, training, with the functions of labs 6 and 7", N, F);
  observe("y", block(Order::norm_first, x, 0.4, true), {N, F});
  observe("moving_mean", block.moving_mean, {F});
  observe("moving_variance", block.moving_variance, {F});
}

LAB_CASE("11.4", "inference", 1) {
  const std::size_t N = 4, F = 3;
  Block block(F);
  const auto x = normal(N * F, 2, 1);
  const auto moving_variance = block.moving_variance;
  input("N={} F={}, x ~ 2 + N(0,1), rate 0.4, inference in both orders", N, F);
  observe("y, dropout first", block(Order::dropout_first, x, 0.4, false), {N, F});
  observe("y, normalization first", block(Order::norm_first, x, 0.4, false), {N, F});
  unchanged("moving_variance", moving_variance, block.moving_variance);
}

LAB_CASE("11.4", "the shift", 1) {
  const std::size_t N = 20000;
  const auto x = normal(N, 1, 1);
  input("N={} F=1, x ~ 1 + N(0,1), rate 0.5, momentum 0: one step of training, then inference of the same x", N);
  for (const Order order : {Order::dropout_first, Order::norm_first}) {
    Block block(1);
    block.momentum = 0;
    block.gamma[0] = 1;
    block(order, x, 0.5, true);
    const auto y = block(order, x, 0.5, false);
    const double variance = variance_of(y);
    const double expected = order == Order::dropout_first ? 1.0 / 3 : 1.0;
    const char* name = order == Order::dropout_first ? "dropout first" : "normalization first";
    observe(std::string("variance of y in inference, ") + name, variance);
    require(within_5_percent(expected, variance), "{}: the variance of y in inference is {:.3f}, not {:.3f}", name,
            variance, expected);
  }
}
