#include "activations_and_losses.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace student {

// Task 3.1
void relu(std::span<const double> x, std::span<double> y) { throw NotImplemented("lab 3, task 3.1: relu"); }

// Task 3.1
void relu_backward(std::span<const double> x, std::span<const double> dy, std::span<double> dx) {
  throw NotImplemented("lab 3, task 3.1: relu_backward");
}

// Task 3.2
void sigmoid(std::span<const double> x, std::span<double> y) { throw NotImplemented("lab 3, task 3.2: sigmoid"); }

// Task 3.2
void sigmoid_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx) {
  throw NotImplemented("lab 3, task 3.2: sigmoid_backward");
}

// Task 3.2
void tanh(std::span<const double> x, std::span<double> y) { throw NotImplemented("lab 3, task 3.2: tanh"); }

// Task 3.2
void tanh_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx) {
  throw NotImplemented("lab 3, task 3.2: tanh_backward");
}

// Task 3.3
void log_softmax(std::span<const double> logits, std::size_t N, std::size_t K, std::span<double> y) {
  throw NotImplemented("lab 3, task 3.3: log_softmax");
}

// Task 3.4
double cross_entropy(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N, std::size_t K,
                     double smoothing) {
  throw NotImplemented("lab 3, task 3.4: cross_entropy");
}

// Task 3.5
void cross_entropy_backward(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N,
                            std::size_t K, double smoothing, double dloss, std::span<double> dlogits) {
  throw NotImplemented("lab 3, task 3.5: cross_entropy_backward");
}

}  // namespace student
