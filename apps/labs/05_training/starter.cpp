#include "training.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace student {

// Task 5.1
void shuffle(std::span<std::size_t> order, const Below& below) { throw NotImplemented("lab 5, task 5.1: shuffle"); }

// Task 5.1
void gather(const Data& data, std::span<const std::size_t> positions, std::span<double> x, std::span<std::size_t> y) {
  throw NotImplemented("lab 5, task 5.1: gather");
}

// Task 5.2
void standardize(std::span<double> train, std::span<double> test) {
  throw NotImplemented("lab 5, task 5.2: standardize");
}

// Task 5.3
std::size_t count_correct(std::span<const double> logits, std::span<const std::size_t> labels) {
  throw NotImplemented("lab 5, task 5.3: count_correct");
}

// Task 5.4
double train_epoch(const Model& model, const Data& data, std::span<const std::size_t> order, std::size_t batch_size) {
  throw NotImplemented("lab 5, task 5.4: train_epoch");
}

// Task 5.5
Evaluation evaluate(const Model& model, const Data& data, std::size_t batch_size) {
  throw NotImplemented("lab 5, task 5.5: evaluate");
}

// Task 5.6
std::vector<Epoch> fit(const Model& model, const Data& train, const Data& test, const TrainingOptions& options,
                       const Below& below) {
  throw NotImplemented("lab 5, task 5.6: fit");
}

}  // namespace student
