// Trains 196-64-64-64-64-10 with batch normalization, with dropout behind every hidden layer and behind the last one
// only, and draws the variance ratio at each normalization: by the formula, of one dropout, and of the whole network.

#include "batch_norm_on_tape.h"
#include "batch_norm_with_dropout.h"
#include "digits.h"
#include "dropout_on_tape.h"
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

constexpr std::size_t units = 64, hidden_layers = 4;
constexpr double rate = 0.5;

enum class Place { everywhere, last_only };

struct Network {
  std::vector<Matrix> weights;  // kernel, gamma, beta of each hidden layer; kernel, bias
  std::vector<std::vector<double>> moving_mean, moving_variance;
  Place place = Place::everywhere;
  std::uint64_t step = 0;

  explicit Network(Place where) : place(where) {
    std::mt19937_64 generator(11);
    std::normal_distribution<double> normal;
    for (std::size_t layer = 0; layer <= hidden_layers; ++layer) {
      const std::size_t inputs = layer == 0 ? 196 : units, outputs = layer < hidden_layers ? units : 10;
      Matrix kernel(inputs, outputs);
      for (double& weight : kernel.elements) weight = normal(generator) * std::sqrt(2 / static_cast<double>(inputs));
      weights.push_back(std::move(kernel));
      if (layer < hidden_layers) weights.emplace_back(1, outputs, 1.0);
      weights.emplace_back(1, outputs);
    }
    moving_mean.assign(hidden_layers, std::vector<double>(units, 0.0));
    moving_variance.assign(hidden_layers, std::vector<double>(units, 1.0));
  }

  /// Calls look_at(layer, x, z) with the inputs x of the dropout before, and the inputs z of each normalization.
  template <class Look>
  Variable forward(harness::TapeModel::Leaves w, const Variable& input, bool training, const Look& look_at) {
    if (training) ++step;
    Variable x = input;
    const auto dropped = [&](std::size_t layer) {
      const bool here = layer > 0 && (place == Place::everywhere || layer == hidden_layers);
      return here ? harness::dropout(x, rate, student::dropout_key(11, layer, step), training) : x;
    };
    for (std::size_t layer = 0; layer < hidden_layers; ++layer) {
      const Variable z = harness::dense(dropped(layer), w[3 * layer], {});
      look_at(layer, x.value, z.value);
      x = harness::relu(harness::batch_norm(z, w[3 * layer + 1], w[3 * layer + 2],
                                            {moving_mean[layer], moving_variance[layer]}, 0.9, 1e-3, training));
    }
    return harness::dense(dropped(hidden_layers), w[3 * hidden_layers], w[3 * hidden_layers + 1]);
  }
};

/// Test error in percent; "layer predicted of_one_dropout of_the_network" for each normalization.
std::pair<double, std::string> measure(const harness::TrainTestDigits& digits, Place place) {
  Network network(place);
  std::vector<Matrix*> parameters;
  for (Matrix& matrix : network.weights) parameters.push_back(&matrix);
  const auto nothing = [](std::size_t, const Matrix&, const Matrix&) {};
  harness::TapeModel trained(
      parameters, 196,
      [&](harness::TapeModel::Leaves w, const Variable& x, bool training) {
        return network.forward(w, x, training, nothing);
      },
      harness::cross_entropy,
      [](std::size_t, std::span<double> parameter, std::span<const double> gradient) {
        for (std::size_t i = 0; i < parameter.size(); ++i) parameter[i] -= 0.1 * gradient[i];
      });
  std::mt19937_64 generator(11);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(generator() % limit); };
  const student::Data train{digits.train.images, digits.train.labels, 196};
  const auto history =
      student::fit(trained.model(), train, {digits.test.images, digits.test.labels, 196}, {15, 50}, below);

  const std::size_t N = digits.train.size();
  std::vector<Variable> constants;
  for (const Matrix& matrix : network.weights) constants.push_back({matrix});
  const Variable images{Matrix(N, 196, digits.train.images)};
  std::vector<Matrix> x, in_training, in_inference;
  network.forward(constants, images, false,
                  [&](std::size_t, const Matrix&, const Matrix& z) { in_inference.push_back(z); });
  network.forward(constants, images, true, [&](std::size_t, const Matrix& inputs, const Matrix& z) {
    x.push_back(inputs);
    in_training.push_back(z);
  });
  std::string rows;
  for (std::size_t layer = 0; layer < hidden_layers; ++layer) {
    const Matrix& kernel = network.weights[3 * layer];
    const double rate_here = layer > 0 && place == Place::everywhere ? rate : 0;
    std::vector<double> predicted(units);
    student::predicted_dense_ratios(x[layer].elements, kernel.elements, rate_here, N, kernel.rows, units, predicted);
    const Matrix undropped = harness::dense({x[layer]}, {kernel}, {}).value;
    rows += fmt::format("{} {} {} {}\n", layer + 1, std::accumulate(predicted.begin(), predicted.end(), 0.0) / units,
                        student::measured_ratio(undropped.elements, in_training[layer].elements, N, units),
                        student::measured_ratio(in_inference[layer].elements, in_training[layer].elements, N, units));
  }
  return {100 * (1 - history.back().test.accuracy), rows};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto digits = harness::load_digits(1000, 1000, 14);
  student::standardize(digits.train.images, digits.test.images);
  const auto [error_everywhere, everywhere] = measure(digits, Place::everywhere);
  const auto [error_last, last] = measure(digits, Place::last_only);
  harness::gnuplot(fmt::format(
      "$everywhere << EOD\n{}EOD\n$last << EOD\n{}EOD\n"
      "set terminal svg size 800,500 dynamic font 'sans,13' background 'white'\nset output '{}'\n"
      "set border 3\nset tics nomirror\nset grid ytics lc rgb '#dddddd' lt 1\n"
      "set title 'Variance at each batch normalization: inference / training'\n"
      "set xlabel 'hidden layer'\nset ylabel 'ratio, mean over the units'\n"
      "set xrange [0.8:4.2]\nset xtics 1\nset yrange [0:1.15]\nset key bottom left Left reverse\n"
      "set label 'dropout behind the last normalization only: test error {:.1f} %' at 4.15,1.09 right\n"
      "set label 'dropout 0.5 behind every one: test error {:.1f} %' at 4.15,0.66 right\n"
      "plot $last using 1:4 with linespoints pt 9 ps 0.8 lw 2 lc rgb '#009e73' title "
      "'behind the last only, whole network', \\\n"
      "     $everywhere using 1:2 with lines lw 2 dt 2 lc rgb '#333333' title 'behind every one: formula', \\\n"
      "     '' using 1:3 with points pt 7 ps 0.8 lc rgb '#0072b2' title 'measured, this dropout alone', \\\n"
      "     '' using 1:4 with linespoints pt 5 ps 0.7 lw 2 lc rgb '#d55e00' title 'measured, whole network'\n",
      everywhere, last, argv[1], error_last, error_everywhere));
}
