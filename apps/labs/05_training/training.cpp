#include "training.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace student {

// Task 5.1
void shuffle(std::span<std::size_t> order, const Below& below) {
  // BEGIN SOLUTION
  for (std::size_t i = order.size(); i-- > 1;) {
    const std::size_t j = below(i + 1);
    std::swap(order[i], order[j]);
  }
  // END SOLUTION
}

// Task 5.1
void gather(const Data& data, std::span<const std::size_t> positions, std::span<double> x, std::span<std::size_t> y) {
  // BEGIN SOLUTION
  for (std::size_t p = 0; p < positions.size(); ++p) {
    const std::size_t from = positions[p];
    const auto image = data.images.subspan(from * data.features, data.features);
    std::copy(image.begin(), image.end(), x.subspan(p * data.features).begin());
    y[p] = data.labels[from];
  }
  // END SOLUTION
}

// Task 5.2
void standardize(std::span<double> train, std::span<double> test) {
  // BEGIN SOLUTION
  const double count = static_cast<double>(train.size());
  const double mean = std::accumulate(train.begin(), train.end(), 0.0) / count;
  double squares = 0;
  for (const double x : train) squares += (x - mean) * (x - mean);
  const double deviation = std::sqrt(squares / count);
  const double divisor = deviation > 0 ? deviation : 1;
  for (double& x : train) x = (x - mean) / divisor;
  for (double& x : test) x = (x - mean) / divisor;
  // END SOLUTION
}

// Task 5.3
std::size_t count_correct(std::span<const double> logits, std::span<const std::size_t> labels) {
  // BEGIN SOLUTION
  const std::size_t rows = labels.size();
  const std::size_t classes = rows == 0 ? 0 : logits.size() / rows;
  std::size_t correct = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < classes; ++k) {
      if (logits[n * classes + k] > logits[n * classes + best]) best = k;
    }
    correct += best == labels[n] ? 1 : 0;
  }
  return correct;
  // END SOLUTION
}

// Task 5.4
double train_epoch(const Model& model, const Data& data, std::span<const std::size_t> order, std::size_t batch_size) {
  // BEGIN SOLUTION
  double total = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size) {
    const std::size_t size = std::min(batch_size, order.size() - begin);
    std::vector<double> x(size * data.features);
    std::vector<std::size_t> y(size);
    gather(data, order.subspan(begin, size), x, y);
    model.clear_gradients();
    const std::vector<double> logits = model.forward(x, true);
    total += model.loss(logits, y) * static_cast<double>(size);
    model.backward();
    model.step();
  }
  return total / static_cast<double>(order.size());
  // END SOLUTION
}

// Task 5.5
Evaluation evaluate(const Model& model, const Data& data, std::size_t batch_size) {
  // BEGIN SOLUTION
  double loss = 0;
  std::size_t correct = 0;
  for (std::size_t first = 0; first < data.size(); first += batch_size) {
    const std::size_t rows = std::min(batch_size, data.size() - first);
    const auto labels = data.labels.subspan(first, rows);
    const auto images = data.images.subspan(first * data.features, rows * data.features);
    const std::vector<double> logits = model.forward(images, false);
    loss += model.loss(logits, labels) * static_cast<double>(rows);
    correct += count_correct(logits, labels);
  }
  const double samples = static_cast<double>(data.size());
  return {loss / samples, static_cast<double>(correct) / samples};
  // END SOLUTION
}

// Task 5.6
std::vector<Epoch> fit(const Model& model, const Data& train, const Data& test, const TrainingOptions& options,
                       const Below& below) {
  // BEGIN SOLUTION
  std::vector<std::size_t> order(train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Epoch> history;
  for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
    shuffle(order, below);
    const double training_loss = train_epoch(model, train, order, options.batch_size);
    history.push_back({training_loss, evaluate(model, test, options.batch_size)});
  }
  return history;
  // END SOLUTION
}

}  // namespace student
