#include "batch_norm_forward.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace student {

// Task 7.1
void batch_mean(std::span<const double> x, std::size_t N, std::size_t F, std::span<double> mu) {
  throw NotImplemented("lab 7, task 7.1: batch_mean");
}

// Task 7.1
void batch_variance(std::span<const double> x, std::span<const double> mu, std::size_t N, std::size_t F,
                    std::span<double> variance) {
  throw NotImplemented("lab 7, task 7.1: batch_variance");
}

// Task 7.2
void inverse_deviation(std::span<const double> variance, double epsilon, std::span<double> inv_std) {
  throw NotImplemented("lab 7, task 7.2: inverse_deviation");
}

// Task 7.2
void normalize(std::span<const double> x, std::span<const double> mean, std::span<const double> inv_std, std::size_t N,
               std::size_t F, std::span<double> xhat) {
  throw NotImplemented("lab 7, task 7.2: normalize");
}

// Task 7.2
void scale_and_shift(std::span<const double> xhat, std::span<const double> gamma, std::span<const double> beta,
                     std::size_t N, std::size_t F, std::span<double> y) {
  throw NotImplemented("lab 7, task 7.2: scale_and_shift");
}

// Task 7.3
void batch_norm_reset(std::span<double> gamma, std::span<double> beta, std::span<double> moving_mean,
                      std::span<double> moving_variance) {
  throw NotImplemented("lab 7, task 7.3: batch_norm_reset");
}

// Task 7.3
void update_moving(std::span<double> moving, std::span<const double> batch, double momentum) {
  throw NotImplemented("lab 7, task 7.3: update_moving");
}

// Task 7.4
void batch_norm_training(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                         double momentum, double epsilon, std::size_t N, std::size_t F, std::span<double> moving_mean,
                         std::span<double> moving_variance, std::span<double> xhat, std::span<double> inv_std,
                         std::span<double> y) {
  throw NotImplemented("lab 7, task 7.4: batch_norm_training");
}

// Task 7.5
void batch_norm_inference(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                          std::span<const double> moving_mean, std::span<const double> moving_variance, double epsilon,
                          std::size_t N, std::size_t F, std::span<double> y) {
  throw NotImplemented("lab 7, task 7.5: batch_norm_inference");
}

// Task 7.6
void batch_norm_save(std::span<const double> gamma, std::span<const double> beta, std::span<const double> moving_mean,
                     std::span<const double> moving_variance, std::span<double> state) {
  throw NotImplemented("lab 7, task 7.6: batch_norm_save");
}

// Task 7.6
void batch_norm_load(std::span<const double> state, std::span<double> gamma, std::span<double> beta,
                     std::span<double> moving_mean, std::span<double> moving_variance) {
  throw NotImplemented("lab 7, task 7.6: batch_norm_load");
}

}  // namespace student
