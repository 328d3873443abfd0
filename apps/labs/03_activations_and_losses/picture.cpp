// Draws the activations with their derivatives, and the loss of untrained logits.

#include "activations_and_losses.h"
#include "plot.h"

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace {

/// Rows x, relu, relu', sigmoid, sigmoid', tanh, tanh'.
std::string curves() {
  std::vector<double> x;
  for (int i = -400; i <= 400; ++i) x.push_back(i / 100.0);
  const std::vector<double> ones(x.size(), 1);
  std::vector<std::vector<double>> columns(6, std::vector<double>(x.size()));
  student::relu(x, columns[0]);
  student::relu_backward(x, ones, columns[1]);
  student::sigmoid(x, columns[2]);
  student::sigmoid_backward(columns[2], ones, columns[3]);
  student::tanh(x, columns[4]);
  student::tanh_backward(columns[4], ones, columns[5]);
  std::string rows;
  for (std::size_t i = 0; i < x.size(); ++i) {
    rows += fmt::format("{}", x[i]);
    for (const auto& column : columns) rows += fmt::format(" {}", column[i]);
    rows += '\n';
  }
  return rows;
}

/// Rows: deviation of the logits, mean loss of 2,000 samples of 10 classes.
std::string untrained_losses() {
  constexpr std::size_t N = 2000, K = 10;
  std::mt19937_64 generator(1);
  std::normal_distribution<double> normal;
  std::vector<double> noise(N * K);
  for (double& value : noise) value = normal(generator);
  std::vector<std::size_t> labels(N);
  for (std::size_t n = 0; n < N; ++n) labels[n] = n % K;
  std::string rows;
  for (int step = 0; step <= 20; ++step) {
    const double deviation = step / 4.0;
    std::vector<double> logits = noise;
    for (double& value : logits) value *= deviation;
    rows += fmt::format("{} {}\n", deviation, student::cross_entropy(logits, labels, N, K));
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const double log_of_10 = std::log(10);
  std::string script = fmt::format(
      "$curves << EOD\n{}EOD\n$losses << EOD\n{}EOD\n"
      "set terminal svg size 980,660 dynamic font 'sans,13' background 'white'\n"
      "set output '{}'\n"
      "set multiplot layout 2,2\nset border 3\nset tics nomirror\nset grid lc rgb '#dddddd' lt 1\n"
      "set key top left reverse Left\nset xlabel 'x'\nset xrange [-4:4]\n",
      curves(), untrained_losses(), argv[1]);
  const auto panel = [&script](const std::string& name, const std::string& range, int column) {
    script += fmt::format(
        "set title '{0}'\nset yrange [{1}]\n"
        "plot $curves using 1:{2} with lines lw 2 lc rgb '#0072b2' title '{0}', \\\n"
        "     $curves using 1:{3} with lines lw 2 dt 2 lc rgb '#d55e00' title 'derivative'\n",
        name, range, column, column + 1);
  };
  panel("relu", "-0.5:4", 2);
  panel("sigmoid", "-0.1:1.4", 4);
  panel("tanh", "-1.1:1.9", 6);
  harness::gnuplot(
      script +
      fmt::format(
          "set title 'Cross-entropy of random logits, 10 classes'\nset xlabel 'standard deviation of the logits'\n"
          "set ylabel 'mean loss'\nset xrange [0:5]\nset yrange [0:10]\nunset key\n"
          "set arrow from 0,{0} to 5,{0} nohead dt 2 lc rgb '#888888'\n"
          "set label 'ln 10 = {0:.3f}' at 3.9,{1} tc rgb '#555555'\n"
          "plot $losses using 1:2 with linespoints pt 7 ps 0.4 lw 2 lc rgb '#0072b2'\n",
          log_of_10, log_of_10 - 0.5));
}
