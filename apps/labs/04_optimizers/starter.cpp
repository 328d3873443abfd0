#include "optimizers.h"

#include "not_implemented.h"

#include <cmath>
#include <stdexcept>

namespace student {

// Task 4.1
void sgd_step(std::span<double> w, std::span<const double> g, double learning_rate) {
  throw NotImplemented("lab 4, task 4.1: sgd_step");
}

// Task 4.2
void momentum_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum) {
  throw NotImplemented("lab 4, task 4.2: momentum_step");
}

// Task 4.2
void nesterov_step(std::span<double> w, std::span<const double> g, std::span<double> velocity, double learning_rate,
                   double momentum) {
  throw NotImplemented("lab 4, task 4.2: nesterov_step");
}

// Task 4.3
void adam_update(std::span<double> w, std::span<const double> g, std::span<double> m, std::span<double> v,
                 std::size_t t, const AdamOptions& options) {
  throw NotImplemented("lab 4, task 4.3: adam_update");
}

// Task 4.4
void adam_step(std::span<const Parameter> parameters, std::size_t& t, const AdamOptions& options) {
  throw NotImplemented("lab 4, task 4.4: adam_step");
}

}  // namespace student
