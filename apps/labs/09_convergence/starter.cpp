#include "convergence.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace student {

// Task 9.1
Network make_network(std::span<const std::size_t> sizes, bool batch_norm, const std::function<double()>& normal) {
  throw NotImplemented("lab 9, task 9.1: make_network");
}

// Task 9.1
std::vector<Matrix*> parameters(Network& network) { throw NotImplemented("lab 9, task 9.1: parameters"); }

// Task 9.2
Variable forward(Network& network, std::span<const Variable> leaves, const Variable& x, bool training,
                 const Operations& operations) {
  throw NotImplemented("lab 9, task 9.2: forward");
}

// Task 9.3
std::vector<Run> plan(std::span<const double> rates, std::span<const std::uint64_t> seeds) {
  throw NotImplemented("lab 9, task 9.3: plan");
}

// Task 9.3
std::vector<double> accuracy_curve(const Model& model, const Data& train, const Data& test, const CurveOptions& options,
                                   const Below& below) {
  throw NotImplemented("lab 9, task 9.3: accuracy_curve");
}

// Task 9.4
std::vector<double> mean_curve(std::span<const Result> results, bool batch_norm, double learning_rate) {
  throw NotImplemented("lab 9, task 9.4: mean_curve");
}

// Task 9.4
double best_rate(std::span<const Result> results, bool batch_norm) {
  throw NotImplemented("lab 9, task 9.4: best_rate");
}

// Task 9.4
std::size_t steps_to(std::span<const double> curve, std::size_t every, double accuracy) {
  throw NotImplemented("lab 9, task 9.4: steps_to");
}

// Task 9.5. Question 1: biases. 2: which accuracy. 3: learning rates. 4: single predictions.
char answer(int question) { throw NotImplemented("lab 9, task 9.5: answer"); }

}  // namespace student
