#include "dense.h"

#include "not_implemented.h"

#include <algorithm>

namespace student {

// Task 2.1
void dense_forward(std::span<const double> x, std::span<const double> kernel, std::span<const double> bias,
                   std::size_t N, std::size_t F, std::size_t U, std::span<double> y) {
  throw NotImplemented("lab 2, task 2.1: dense_forward");
}

// Task 2.2
void dense_dx(std::span<const double> dy, std::span<const double> kernel, std::size_t N, std::size_t F, std::size_t U,
              std::span<double> dx) {
  throw NotImplemented("lab 2, task 2.2: dense_dx");
}

// Task 2.3
void dense_dkernel(std::span<const double> x, std::span<const double> dy, std::size_t N, std::size_t F, std::size_t U,
                   std::span<double> dkernel) {
  throw NotImplemented("lab 2, task 2.3: dense_dkernel");
}

// Task 2.4
void dense_dbias(std::span<const double> dy, std::size_t N, std::size_t U, std::span<double> dbias) {
  throw NotImplemented("lab 2, task 2.4: dense_dbias");
}

// Task 2.5
void blocked_product(std::span<const double> a, std::span<const double> b, std::size_t M, std::size_t K, std::size_t N,
                     std::span<double> c) {
  throw NotImplemented("lab 2, task 2.5: blocked_product");
}

}  // namespace student
