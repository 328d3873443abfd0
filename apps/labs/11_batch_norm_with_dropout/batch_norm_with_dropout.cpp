#include "batch_norm_with_dropout.h"

#include "batch_norm_forward.h"
#include "dropout.h"
#include "not_implemented.h"

#include <cmath>
#include <vector>

namespace student {

// Task 11.1
double dropped_variance(double mean, double variance, double rate) {
  // BEGIN SOLUTION
  const double mean_of_squares = variance + mean * mean;
  return mean_of_squares / (1 - rate) - mean * mean;
  // END SOLUTION
}

// Task 11.1
double predicted_ratio(double mean, double variance, double rate) {
  // BEGIN SOLUTION
  return variance / dropped_variance(mean, variance, rate);
  // END SOLUTION
}

// Task 11.2
void predicted_dense_ratios(std::span<const double> x, std::span<const double> kernel, double rate, std::size_t N,
                            std::size_t F, std::size_t U, std::span<double> ratio) {
  // BEGIN SOLUTION
  const double count = static_cast<double>(N);
  std::vector<double> z(N * U), noise(U);
  for (std::size_t j = 0; j < F; ++j) {
    double power = 0;
    for (std::size_t i = 0; i < N; ++i) {
      power += x[i * F + j] * x[i * F + j] / count;
      for (std::size_t u = 0; u < U; ++u) z[i * U + u] += x[i * F + j] * kernel[j * U + u];
    }
    for (std::size_t u = 0; u < U; ++u) noise[u] += kernel[j * U + u] * kernel[j * U + u] * power * rate / (1 - rate);
  }
  std::vector<double> mean(U), variance(U);
  batch_mean(z, N, U, mean);
  batch_variance(z, mean, N, U, variance);
  for (std::size_t u = 0; u < U; ++u) ratio[u] = variance[u] / (variance[u] + noise[u]);
  // END SOLUTION
}

// Task 11.3
double measured_ratio(std::span<const double> inference, std::span<const double> training, std::size_t N,
                      std::size_t U) {
  // BEGIN SOLUTION
  std::vector<double> mean(U), in_inference(U), in_training(U);
  batch_mean(inference, N, U, mean);
  batch_variance(inference, mean, N, U, in_inference);
  batch_mean(training, N, U, mean);
  batch_variance(training, mean, N, U, in_training);
  double sum = 0;
  std::size_t counted = 0;
  for (std::size_t u = 0; u < U; ++u) {
    if (in_training[u] == 0) continue;
    sum += in_inference[u] / in_training[u];
    ++counted;
  }
  return counted > 0 ? sum / static_cast<double>(counted) : 1.0;
  // END SOLUTION
}

// Task 11.4
void block_forward(Order order, std::span<const double> x, double rate, std::uint64_t key, bool training,
                   const NormState& norm, std::size_t N, std::size_t F, std::span<double> y) {
  // BEGIN SOLUTION
  const auto normalized = [&](std::span<const double> from, std::span<double> to) {
    if (training) {
      std::vector<double> xhat(N * F), inv_std(F);
      batch_norm_training(from, norm.gamma, norm.beta, norm.momentum, norm.epsilon, N, F, norm.moving_mean,
                          norm.moving_variance, xhat, inv_std, to);
    } else {
      batch_norm_inference(from, norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance, norm.epsilon, N, F, to);
    }
  };
  std::vector<double> between(N * F);
  if (order == Order::dropout_first) {
    dropout_forward(x, rate, key, training, between);
    normalized(between, y);
  } else {
    normalized(x, between);
    dropout_forward(between, rate, key, training, y);
  }
  // END SOLUTION
}

}  // namespace student
