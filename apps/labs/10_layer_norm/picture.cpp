// Trains 196-32-32-10 with batch and with layer normalization, for batches of 1 to 128: as many epochs for each batch
// size, and as many steps.

#include "batch_norm_on_tape.h"
#include "digits.h"
#include "layer_norm_on_tape.h"
#include "on_tape.h"
#include "plot.h"
#include "tape_model.h"
#include "training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using student::Matrix;
using student::Variable;

namespace {

constexpr std::size_t units = 32;
constexpr std::size_t images = 512;  // every batch size divides it: no short batch
constexpr double learning_rate = 0.1;
constexpr double epsilon = 1e-3;

/// Test error in percent after training on `samples` images, each epoch in a new order.
double test_error(const harness::TrainTestDigits& digits, bool batch, std::size_t batch_size, std::size_t samples,
                  std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<Matrix> weights;
  std::vector<double> moving_mean(2 * units, 0.0), moving_variance(2 * units, 1.0);
  for (const std::size_t inputs : {std::size_t{196}, units, units}) {
    Matrix kernel(inputs, weights.size() < 6 ? units : 10);
    for (double& weight : kernel.elements) weight = normal(generator) * std::sqrt(2 / static_cast<double>(inputs));
    const std::size_t outputs = kernel.columns;
    weights.push_back(std::move(kernel));
    if (outputs == units) weights.emplace_back(1, units, 1.0);
    weights.emplace_back(1, outputs);
  }
  std::vector<Matrix*> parameters;
  for (Matrix& matrix : weights) parameters.push_back(&matrix);
  const auto network = [&](harness::TapeModel::Leaves w, const Variable& x, bool training) {
    Variable y = x;
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const Variable& gamma = w[3 * layer + 1];
      const Variable& beta = w[3 * layer + 2];
      y = harness::dense(y, w[3 * layer], {});
      if (batch) {
        const auto moving = [&](std::vector<double>& all) { return std::span(all).subspan(layer * units, units); };
        y = harness::batch_norm(y, gamma, beta, {moving(moving_mean), moving(moving_variance)}, 0.9, epsilon, training);
      } else {
        y = harness::layer_norm(y, gamma, beta, epsilon);
      }
      y = harness::relu(y);
    }
    return harness::dense(y, w[6], w[7]);
  };
  harness::TapeModel trained(parameters, 196, network, harness::cross_entropy,
                             [](std::size_t, std::span<double> parameter, std::span<const double> gradient) {
                               for (std::size_t i = 0; i < parameter.size(); ++i) {
                                 parameter[i] -= learning_rate * gradient[i];
                               }
                             });
  std::vector<std::size_t> epoch(images), order;
  std::iota(epoch.begin(), epoch.end(), std::size_t{0});
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(generator() % limit); };
  while (order.size() < samples) {
    student::shuffle(epoch, below);
    order.insert(order.end(), epoch.begin(), epoch.end());
  }
  order.resize(samples);
  const student::Model model = trained.model();
  student::train_epoch(model, {digits.train.images, digits.train.labels, 196}, order, batch_size);
  return 100 * (1 - student::evaluate(model, {digits.test.images, digits.test.labels, 196}, 100).accuracy);
}

double mean_error(const harness::TrainTestDigits& digits, bool batch, std::size_t batch_size, std::size_t samples) {
  double sum = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) sum += test_error(digits, batch, batch_size, samples, seed);
  return sum / 3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto digits = harness::load_digits(images, 500, 14);
  student::standardize(digits.train.images, digits.test.images);
  std::string epochs, steps;
  for (const std::size_t size : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
    for (const bool equal_epochs : {true, false}) {
      const std::size_t samples = equal_epochs ? 4 * images : 128 * size;
      const double layer = mean_error(digits, false, size, samples);
      // Batch normalization refuses a batch of 1: no point there.
      const std::string batch = size == 1 ? "?" : fmt::format("{}", mean_error(digits, true, size, samples));
      (equal_epochs ? epochs : steps) += fmt::format("{} {} {}\n", size, batch, layer);
    }
  }
  harness::gnuplot(fmt::format(
      "$epochs << EOD\n{}EOD\n$steps << EOD\n{}EOD\n"
      "set terminal svg size 960,420 dynamic font 'sans,13' background 'white'\nset output '{}'\n"
      "set multiplot layout 1,2\nset datafile missing '?'\n"
      "set border 3\nset tics nomirror\nset grid ytics lc rgb '#dddddd' lt 1\n"
      "set logscale x 2\nset xrange [0.8:160]\nset yrange [0:100]\nset format y '%g %%'\n"
      "set xlabel 'batch size'\n"
      "do for [panel = 1:2] {{\n"
      "  set title panel == 1 ? 'Test error after 4 epochs' : 'Test error after 128 steps'\n"
      "  set ylabel panel == 1 ? 'error, mean of 3 seeds' : ''\n"
      "  plot (panel == 1 ? '$epochs' : '$steps') using 1:2 with linespoints pt 7 ps 0.6 lw 2 lc rgb '#0072b2' \\\n"
      "       title 'batch normalization', \\\n"
      "       '' using 1:3 with linespoints pt 5 ps 0.6 lw 2 lc rgb '#d55e00' title 'layer normalization'\n"
      "}}\n",
      epochs, steps, argv[1]));
}
