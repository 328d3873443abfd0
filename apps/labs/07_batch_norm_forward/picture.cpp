// Predicts 200 digits with the student's batch normalization in a network that gradus trained: with the statistics of
// the batch, for batches of 1 to 200, and with the moving statistics.

#include "batch_norm_forward.h"
#include "digits.h"
#include "plot.h"

#include <gradus/engine.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::size_t inputs = 196, units = 64, classes = 10;
constexpr double epsilon = 1e-3;

using Numbers = std::vector<double>;
enum class Statistics { of_the_batch_moved, of_the_batch, moving };

struct Layer {
  Numbers kernel;
  std::size_t outputs = units;
  Numbers gamma, beta, bias;
  Numbers moving_mean = Numbers(units), moving_variance = Numbers(units);
};

Numbers values_of(const gradus::Tensor& tensor) {
  const auto values = tensor.values();
  return {values.begin(), values.end()};
}

/// Two normalized layers and the output layer, trained by gradus.
std::vector<Layer> trained_layers(const harness::Digits& digits) {
  using namespace gradus;
  set_seed(7);
  const DenseOptions no_bias{.use_bias = false, .kernel_initializer = "he_normal"};
  Sequential model{Input{{inputs}},       Dense{units, no_bias}, BatchNormalization{}, Activation{"relu"},
                   Dense{units, no_bias}, BatchNormalization{},  Activation{"relu"},   Dense{classes}};
  Tensor labels = Tensor::empty({static_cast<Index>(digits.size())});
  std::copy(digits.labels.begin(), digits.labels.end(), labels.data());
  const Dataset data(digits.images, labels, {inputs}, classes);
  Adam optimizer{{.learning_rate = 0.002}};
  fit(model, optimizer, data, {.epochs = 8, .batch_size = 32, .show_progress = false});
  std::vector<Layer> layers(3);
  layers.back().outputs = classes;
  std::size_t layer = 0;
  for (const Parameter& parameter : model.parameters()) {
    Numbers values = values_of(parameter.value());
    const std::string& name = parameter.name();
    if (name.ends_with("gamma")) layers[layer].gamma = values;
    if (name.ends_with("beta")) layers[layer++].beta = values;
    if (name.ends_with("kernel")) layers[layer].kernel = values;
    if (name.ends_with("bias")) layers[layer].bias = values;
  }
  Numbers gamma(units), beta(units);  // those of a new layer, not used
  for (std::size_t i = 0; i < 2; ++i) {
    student::batch_norm_reset(gamma, beta, layers[i].moving_mean, layers[i].moving_variance);
  }
  return layers;
}

Numbers normalized(const Numbers& x, Layer& layer, Statistics statistics) {
  const std::size_t N = x.size() / units;
  Numbers y(x.size()), xhat(x.size()), inv_std(units), mean(units), variance(units);
  if (statistics == Statistics::of_the_batch_moved) {
    student::batch_norm_training(x, layer.gamma, layer.beta, 0.95, epsilon, N, units, layer.moving_mean,
                                 layer.moving_variance, xhat, inv_std, y);
  } else if (statistics == Statistics::moving) {
    student::batch_norm_inference(x, layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance, epsilon, N,
                                  units, y);
  } else {  // as in training, with one sample too
    student::batch_mean(x, N, units, mean);
    student::batch_variance(x, mean, N, units, variance);
    student::inverse_deviation(variance, epsilon, inv_std);
    student::normalize(x, mean, inv_std, N, units, xhat);
    student::scale_and_shift(xhat, layer.gamma, layer.beta, N, units, y);
  }
  return y;
}

Numbers logits_of(Numbers x, std::vector<Layer>& layers, Statistics statistics) {
  std::size_t features = inputs;
  const std::size_t N = x.size() / features;
  for (Layer& layer : layers) {
    Numbers z(N * layer.outputs);
    for (std::size_t n = 0; n < N; ++n) {
      for (std::size_t i = 0; i < features; ++i) {
        for (std::size_t j = 0; j < layer.outputs; ++j) {
          z[n * layer.outputs + j] += x[n * features + i] * layer.kernel[i * layer.outputs + j];
        }
      }
    }
    if (layer.gamma.empty()) {
      for (std::size_t i = 0; i < z.size(); ++i) z[i] += layer.bias[i % classes];
    } else {
      z = normalized(z, layer, statistics);
      for (double& element : z) element = std::max(element, 0.0);
    }
    x = std::move(z);
    features = layer.outputs;
  }
  return x;
}

/// The share of right predictions for the images at these positions, in batches.
double accuracy(const harness::Digits& digits, const std::vector<std::size_t>& order, std::size_t batch_size,
                std::vector<Layer>& layers, Statistics statistics) {
  std::size_t right = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size) {
    const std::size_t size = std::min(batch_size, order.size() - begin);
    Numbers x;
    for (std::size_t n = 0; n < size; ++n) {
      const auto image = std::span(digits.images).subspan(order[begin + n] * inputs, inputs);
      x.insert(x.end(), image.begin(), image.end());
    }
    const Numbers logits = logits_of(std::move(x), layers, statistics);
    for (std::size_t n = 0; n < size; ++n) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(n * classes);
      const auto best = std::max_element(row, row + classes) - row;
      right += static_cast<std::size_t>(best) == digits.labels[order[begin + n]] ? 1 : 0;
    }
  }
  return static_cast<double>(right) / static_cast<double>(order.size());
}

/// Subtracts the mean of the training images and divides by their deviation.
void standardize(harness::TrainTestDigits& digits) {
  const Numbers& train = digits.train.images;
  const double count = static_cast<double>(train.size());
  const double mean = std::accumulate(train.begin(), train.end(), 0.0) / count;
  double squares = 0;
  for (const double x : train) squares += (x - mean) * (x - mean);
  for (Numbers* images : {&digits.train.images, &digits.test.images}) {
    for (double& x : *images) x = (x - mean) / std::sqrt(squares / count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto digits = harness::load_digits(4000, 200, 14);
  standardize(digits);
  auto layers = trained_layers(digits.train);
  std::vector<std::size_t> order(digits.train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  accuracy(digits.train, order, 32, layers, Statistics::of_the_batch_moved);

  order.resize(200);
  auto sorted = order;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::size_t a, std::size_t b) { return digits.test.labels[a] < digits.test.labels[b]; });
  std::string points;
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 4, 6, 8, 12, 16, 25, 50, 100, 200}) {
    points += fmt::format("{} {} {}\n", size, accuracy(digits.test, order, size, layers, Statistics::of_the_batch),
                          accuracy(digits.test, sorted, size, layers, Statistics::of_the_batch));
  }
  const double single = accuracy(digits.test, order, 1, layers, Statistics::of_the_batch);
  const double moving = accuracy(digits.test, order, 1, layers, Statistics::moving);
  harness::gnuplot(
      fmt::format("$points << EOD\n{}EOD\n"
                  "set terminal svg size 760,460 dynamic font 'sans,13' background 'white'\nset output '{}'\n"
                  "set border 3\nset tics nomirror\nset grid ytics lc rgb '#dddddd' lt 1\n"
                  "set title 'Predictions for 200 test digits'\n"
                  "set logscale x 2\nset xrange [0.9:220]\nset yrange [0:1.05]\n"
                  "set xlabel 'digits predicted at once'\nset ylabel 'accuracy'\nset key bottom right\n"
                  "set label '{:.2f}' at 1.08,{}\nset label '{:.2f}' at 1.08,{}\n"
                  "plot {} with lines lw 2 lc rgb '#009e73' title 'moving statistics', \\\n"
                  "     $points using 1:2 with linespoints pt 7 ps 0.6 lw 2 lc rgb '#0072b2' title "
                  "'batch statistics, digits in random order', \\\n"
                  "     $points using 1:3 with linespoints pt 5 ps 0.6 lw 2 lc rgb '#d55e00' title "
                  "'batch statistics, digits sorted by class'\n",
                  points, argv[1], single, single - 0.04, moving, moving + 0.04, moving));
}
