#include "dropout_shift.h"

#include "kept_state.h"
#include "layer_values.h"

#include <gradus/layers/dropout/dropout.h>

#include <cmath>
#include <numbers>

using namespace gradus;

namespace study {

namespace {

double variance(const Tensor& x) {
  const std::span<const Real> values = x.values();
  return moments(std::vector<double>(values.begin(), values.end())).variance;
}

}  // namespace

Moments moments_of_relu() {
  constexpr double pi = std::numbers::pi;
  return {1 / std::sqrt(2 * pi), 0.5 - 1 / (2 * pi)};
}

double measured_variance_shift(const Tensor& x, double rate) {
  Dropout dropout(rate);
  const Tensor inference = dropout(x, Mode::inference).value();
  const Tensor training = dropout(x, Mode::training).value();
  return variance(inference) / variance(training);
}

std::vector<double> variance_shifts(Layer& model, const Tensor& inputs) {
  const KeptState kept(model);
  const std::vector<Tensor> training = inputs_of("BatchNormalization", model, inputs, Mode::training);
  const std::vector<Tensor> inference = inputs_of("BatchNormalization", model, inputs, Mode::inference);
  std::vector<double> ratios;
  for (std::size_t layer = 0; layer < training.size(); ++layer) {
    double sum = 0;
    Index counted = 0;
    for (Index unit = 0; unit < training[layer].shape()[1]; ++unit) {
      const double in_training = moments(unit_values(training[layer], unit)).variance;
      if (in_training == 0) continue;  // a dead unit
      sum += moments(unit_values(inference[layer], unit)).variance / in_training;
      ++counted;
    }
    ratios.push_back(counted > 0 ? sum / static_cast<double>(counted) : 1);
  }
  return ratios;
}

}  // namespace study
