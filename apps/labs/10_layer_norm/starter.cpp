#include "layer_norm.h"

#include "not_implemented.h"

#include <cmath>
#include <vector>

namespace student {

// Task 10.1
void row_statistics(std::span<const double> x, double epsilon, std::size_t N, std::size_t F, std::span<double> mean,
                    std::span<double> inv_std) {
  throw NotImplemented("lab 10, task 10.1: row_statistics");
}

// Task 10.2
void layer_norm_forward(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                        double epsilon, std::size_t N, std::size_t F, std::span<double> xhat, std::span<double> inv_std,
                        std::span<double> y) {
  throw NotImplemented("lab 10, task 10.2: layer_norm_forward");
}

// Task 10.3
void layer_norm_parameters(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                           std::span<double> dgamma, std::span<double> dbeta) {
  throw NotImplemented("lab 10, task 10.3: layer_norm_parameters");
}

// Task 10.4
void layer_norm_dx(std::span<const double> dy, std::span<const double> gamma, std::span<const double> xhat,
                   std::span<const double> inv_std, std::size_t N, std::size_t F, std::span<double> dxhat,
                   std::span<double> dx) {
  throw NotImplemented("lab 10, task 10.4: layer_norm_dx");
}

}  // namespace student
