#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace student {

// N samples, F features, U units. Row-major: x[i, j], feature j of sample i, is x[i * F + j].
// All variances divide by the count. A ratio is that of the variance in inference to the variance in training.

// Task 11.1. Dropout in front of a batch normalization.

/// The variance, in training, of dropout(x) for x of this mean and variance.
double dropped_variance(double mean, double variance, double rate);

/// The variance of dropout(x) in inference, divided by that in training.
double predicted_ratio(double mean, double variance, double rate);

// Task 11.2. Dropout, then a dense layer, then the batch normalization.

/// ratio[u] of z = dropout(x) kernel, for each unit: x (N, F) are the inputs of the dropout, kernel (F, U).
void predicted_dense_ratios(std::span<const double> x, std::span<const double> kernel, double rate, std::size_t N,
                            std::size_t F, std::size_t U, std::span<double> ratio);

// Task 11.3

/// The mean over the units of  variance of inference[:, u] / variance of training[:, u].  Both are (N, U): what the
/// batch normalization is given in each mode. Units with a variance of 0 in training are dead and not counted; 1 if all
/// are dead.
double measured_ratio(std::span<const double> inference, std::span<const double> training, std::size_t N,
                      std::size_t U);

// Task 11.4

enum class Order {
  dropout_first,  ///< y = batch_norm(dropout(x))
  norm_first,     ///< y = dropout(batch_norm(x))
};

/// Gamma, beta and the moving statistics of the batch normalization, (F) each.
struct NormState {
  std::span<const double> gamma;
  std::span<const double> beta;
  std::span<double> moving_mean;
  std::span<double> moving_variance;
  double momentum = 0.99;
  double epsilon = 1e-3;
};

/// Batch normalization and dropout, in this order, both in this mode, from the functions of labs 6 and 7.
void block_forward(Order order, std::span<const double> x, double rate, std::uint64_t key, bool training,
                   const NormState& norm, std::size_t N, std::size_t F, std::span<double> y);

}  // namespace student
