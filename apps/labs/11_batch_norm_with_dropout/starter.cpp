#include "batch_norm_with_dropout.h"

#include "batch_norm_forward.h"
#include "dropout.h"
#include "not_implemented.h"

#include <cmath>
#include <vector>

namespace student {

// Task 11.1
double dropped_variance(double mean, double variance, double rate) {
  throw NotImplemented("lab 11, task 11.1: dropped_variance");
}

// Task 11.1
double predicted_ratio(double mean, double variance, double rate) {
  throw NotImplemented("lab 11, task 11.1: predicted_ratio");
}

// Task 11.2
void predicted_dense_ratios(std::span<const double> x, std::span<const double> kernel, double rate, std::size_t N,
                            std::size_t F, std::size_t U, std::span<double> ratio) {
  throw NotImplemented("lab 11, task 11.2: predicted_dense_ratios");
}

// Task 11.3
double measured_ratio(std::span<const double> inference, std::span<const double> training, std::size_t N,
                      std::size_t U) {
  throw NotImplemented("lab 11, task 11.3: measured_ratio");
}

// Task 11.4
void block_forward(Order order, std::span<const double> x, double rate, std::uint64_t key, bool training,
                   const NormState& norm, std::size_t N, std::size_t F, std::span<double> y) {
  throw NotImplemented("lab 11, task 11.4: block_forward");
}

}  // namespace student
