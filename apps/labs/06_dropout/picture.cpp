// Trains 196-256-10 on 500 digits, without dropout and with 3/4 of the hidden units dropped.

#include "adam.h"
#include "digits.h"
#include "dropout_on_tape.h"
#include "on_tape.h"
#include "plot.h"
#include "tape_model.h"
#include "training.h"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

using student::Matrix;
using student::Variable;

namespace {

constexpr std::size_t units = 256;
constexpr std::size_t epochs = 60;

/// "epoch loss error" on the training images as they were trained, and on the test images.
struct Curves {
  std::string training;
  std::string test;
  double last_error = 0;
};

Curves train(const harness::TrainTestDigits& digits, double rate) {
  std::mt19937_64 generator(6);
  std::normal_distribution<double> normal;
  std::vector<Matrix> weights;
  for (const auto& [inputs, outputs] : {std::pair{std::size_t{196}, units}, {units, std::size_t{10}}}) {
    Matrix kernel(inputs, outputs);
    for (double& weight : kernel.elements) weight = normal(generator) * std::sqrt(2 / static_cast<double>(inputs));
    weights.push_back(std::move(kernel));
    weights.emplace_back(1, outputs);
  }
  std::vector<Matrix*> parameters;
  std::vector<harness::Adam> optimizers;
  for (Matrix& matrix : weights) {
    parameters.push_back(&matrix);
    optimizers.emplace_back(matrix.elements.size(), 0.001);
  }
  std::uint64_t step = 0;
  const auto network = [&](harness::TapeModel::Leaves w, const Variable& x, bool training) {
    if (training) ++step;
    const Variable hidden = harness::relu(harness::dense(x, w[0], w[1]));
    const Variable kept = harness::dropout(hidden, rate, student::dropout_key(6, 0, step), training);
    return harness::dense(kept, w[2], w[3]);
  };
  harness::TapeModel trained(parameters, 196, network, harness::cross_entropy,
                             [&](std::size_t i, std::span<double> parameter, std::span<const double> gradient) {
                               optimizers[i].step(parameter, gradient);
                             });
  const student::Model model = trained.model();
  const student::Data train_data{digits.train.images, digits.train.labels, 196};
  const student::Data test_data{digits.test.images, digits.test.labels, 196};
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(generator() % limit); };
  const auto history = student::fit(model, train_data, test_data, {epochs, 25}, below);
  Curves curves;
  for (std::size_t epoch = 0; epoch < history.size(); ++epoch) {
    const double error = 100 * (1 - history[epoch].test.accuracy);
    curves.training += fmt::format("{} {}\n", epoch + 1, history[epoch].training_loss);
    curves.test += fmt::format("{} {} {}\n", epoch + 1, history[epoch].test.loss, error);
    curves.last_error = error;
  }
  return curves;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto digits = harness::load_digits(500, 1000, 14);
  student::standardize(digits.train.images, digits.test.images);
  const Curves all = train(digits, 0);
  const Curves quarter = train(digits, 0.75);
  harness::gnuplot(fmt::format(
      "$all << EOD\n{}EOD\n$quarter << EOD\n{}EOD\n$all_test << EOD\n{}EOD\n$quarter_test << EOD\n{}EOD\n"
      "set terminal svg size 960,420 dynamic font 'sans,13' background 'white'\n"
      "set output '{}'\nset multiplot layout 1,2\n"
      "set grid ytics lc rgb '#dddddd' lt 1\nset border 3\nset tics nomirror\n"
      "set xlabel 'epoch'\nset xrange [0:{}]\n"
      "set title 'Loss, 500 training digits'\nset logscale y\nset yrange [0.0001:10]\nset format y '%g'\n"
      "set key bottom left\n"
      "plot $all using 1:2 with lines lw 2 lc rgb '#0072b2' title 'keep 1, training', \\\n"
      "     $all_test using 1:2 with lines lw 2 dt 2 lc rgb '#0072b2' title 'keep 1, test', \\\n"
      "     $quarter using 1:2 with lines lw 2 lc rgb '#d55e00' title 'keep 0.25, training', \\\n"
      "     $quarter_test using 1:2 with lines lw 2 dt 2 lc rgb '#d55e00' title 'keep 0.25, test'\n"
      "unset logscale\nset format y '%g %%'\nset yrange [0:40]\nset key top right\n"
      "set title 'Test error, 1,000 digits'\n"
      "plot $all_test using 1:3 with lines lw 2 lc rgb '#0072b2' title 'keep 1: {:.1f} %', \\\n"
      "     $quarter_test using 1:3 with lines lw 2 lc rgb '#d55e00' title 'keep 0.25: {:.1f} %'\n",
      all.training, quarter.training, all.test, quarter.test, argv[1], epochs, all.last_error, quarter.last_error));
}
