#include "dropout.h"

#include "not_implemented.h"

#include <stdexcept>
#include <vector>

namespace student {

// Task 6.1
std::uint64_t dropout_key(std::uint64_t seed, std::uint64_t layer, std::uint64_t step) {
  throw NotImplemented("lab 6, task 6.1: dropout_key");
}

// Task 6.2
void dropout_mask(double rate, std::uint64_t key, std::size_t first, std::span<double> mask) {
  throw NotImplemented("lab 6, task 6.2: dropout_mask");
}

// Task 6.3
void dropout_forward(std::span<const double> x, double rate, std::uint64_t key, bool training, std::span<double> y) {
  throw NotImplemented("lab 6, task 6.3: dropout_forward");
}

// Task 6.4
void dropout_backward(std::span<const double> dy, double rate, std::uint64_t key, bool training, std::span<double> dx) {
  throw NotImplemented("lab 6, task 6.4: dropout_backward");
}

}  // namespace student
