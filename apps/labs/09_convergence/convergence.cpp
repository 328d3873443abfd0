#include "convergence.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace student {

// Task 9.1
Network make_network(std::span<const std::size_t> sizes, bool batch_norm, const std::function<double()>& normal) {
  // BEGIN SOLUTION
  Network network;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    const std::size_t units = sizes[i + 1];
    NetworkLayer layer;
    layer.kernel = Matrix(sizes[i], units);
    for (double& weight : layer.kernel.elements) weight = normal() / std::sqrt(static_cast<double>(sizes[i]));
    const bool hidden = i + 2 < sizes.size();
    if (batch_norm && hidden) {
      layer.gamma = Matrix(1, units, 1.0);
      layer.beta = Matrix(1, units, 0.0);
      layer.moving_mean = Matrix(1, units, 0.0);
      layer.moving_variance = Matrix(1, units, 1.0);
    } else {
      layer.bias = Matrix(1, units, 0.0);
    }
    network.push_back(std::move(layer));
  }
  return network;
  // END SOLUTION
}

// Task 9.1
std::vector<Matrix*> parameters(Network& network) {
  // BEGIN SOLUTION
  std::vector<Matrix*> list;
  for (NetworkLayer& layer : network) {
    list.push_back(&layer.kernel);
    if (layer.normalized()) {
      list.push_back(&layer.gamma);
      list.push_back(&layer.beta);
    } else {
      list.push_back(&layer.bias);
    }
  }
  return list;
  // END SOLUTION
}

// Task 9.2
Variable forward(Network& network, std::span<const Variable> leaves, const Variable& x, bool training,
                 const Operations& operations) {
  // BEGIN SOLUTION
  Variable y = x;
  std::size_t next = 0;
  for (std::size_t i = 0; i < network.size(); ++i) {
    const Variable& kernel = leaves[next++];
    const Variable bias = network[i].normalized() ? Variable{} : leaves[next++];
    y = operations.dense(y, kernel, bias);
    if (network[i].normalized()) {
      y = operations.batch_norm(y, leaves[next], leaves[next + 1], network[i], training);
      next += 2;
    }
    if (i + 1 < network.size()) y = operations.sigmoid(y);
  }
  return y;
  // END SOLUTION
}

// Task 9.3
std::vector<Run> plan(std::span<const double> rates, std::span<const std::uint64_t> seeds) {
  // BEGIN SOLUTION
  std::vector<Run> runs;
  for (const double rate : rates) {
    for (const std::uint64_t seed : seeds) {
      runs.push_back({false, rate, seed});
      runs.push_back({true, rate, seed});
    }
  }
  return runs;
  // END SOLUTION
}

// Task 9.3
std::vector<double> accuracy_curve(const Model& model, const Data& train, const Data& test, const CurveOptions& options,
                                   const Below& below) {
  // BEGIN SOLUTION
  std::vector<std::size_t> order(train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> curve;
  std::size_t position = order.size();
  for (std::size_t step = 1; step <= options.steps; ++step) {
    if (position >= order.size()) {
      shuffle(order, below);
      position = 0;
    }
    const std::size_t size = std::min(options.batch_size, order.size() - position);
    train_epoch(model, train, std::span<const std::size_t>(order).subspan(position, size), size);
    position += size;
    if (step % options.every == 0) curve.push_back(evaluate(model, test, options.batch_size).accuracy);
  }
  return curve;
  // END SOLUTION
}

// Task 9.4
std::vector<double> mean_curve(std::span<const Result> results, bool batch_norm, double learning_rate) {
  // BEGIN SOLUTION
  std::vector<double> mean;
  double runs = 0;
  for (const Result& result : results) {
    if (result.run.batch_norm != batch_norm || result.run.learning_rate != learning_rate) continue;
    mean.resize(result.accuracies.size());
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += result.accuracies[i];
    runs += 1;
  }
  for (double& accuracy : mean) accuracy /= runs;
  return mean;
  // END SOLUTION
}

// Task 9.4
double best_rate(std::span<const Result> results, bool batch_norm) {
  // BEGIN SOLUTION
  double best = 0;
  double highest = -1;
  for (const Result& result : results) {
    if (result.run.batch_norm != batch_norm) continue;
    const double accuracy = mean_curve(results, batch_norm, result.run.learning_rate).back();
    if (accuracy > highest) {
      highest = accuracy;
      best = result.run.learning_rate;
    }
  }
  return best;
  // END SOLUTION
}

// Task 9.4
std::size_t steps_to(std::span<const double> curve, std::size_t every, double accuracy) {
  // BEGIN SOLUTION
  const auto first =
      std::find_if(curve.begin(), curve.end(), [accuracy](double reached) { return reached >= accuracy; });
  return first == curve.end() ? 0 : every * static_cast<std::size_t>(first - curve.begin() + 1);
  // END SOLUTION
}

// Task 9.5. Question 1: biases. 2: which accuracy. 3: learning rates. 4: single predictions.
char answer(int question) {
  // BEGIN SOLUTION
  constexpr char answers[] = {'b', 'd', 'a', 'c'};
  return answers[question - 1];
  // END SOLUTION
}

}  // namespace student
