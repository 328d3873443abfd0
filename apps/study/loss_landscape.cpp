#include "loss_landscape.h"

#include "kept_state.h"

#include <gradus/autograd/losses.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gradus;

namespace study {

namespace {

using Values = std::vector<Tensor>;

Values copies_of_values(Parameters parameters) {
  Values values;
  for (Parameter& parameter : parameters) values.push_back(parameter.value().clone());
  return values;
}

/// Returns the loss at the current weights and writes its gradient into the parameters.
double differentiate(Layer& model, const Batch& batch) {
  GradientTape tape;
  const Variable loss = softmax_cross_entropy(model(batch.inputs, Mode::training), batch.labels);
  tape.backward(loss);
  return loss.value().item();
}

Values copies_of_gradients(Parameters parameters) {
  Values gradients;
  for (Parameter& parameter : parameters) gradients.push_back(parameter.gradient().clone());
  return gradients;
}

/// The distance between the gradients in the parameters and g.
double distance(Parameters parameters, const Values& g) {
  double sum = 0;
  std::size_t i = 0;
  for (Parameter& parameter : parameters) {
    const std::span<const Real> a = parameter.gradient().values();
    const std::span<const Real> b = g[i].values();
    for (std::size_t j = 0; j < b.size(); ++j) sum += std::pow(static_cast<double>(a[j]) - b[j], 2);
    ++i;
  }
  return std::sqrt(sum);
}

double norm(const Values& g) {
  double sum = 0;
  for (const Tensor& part : g) {
    for (const Real value : part.values()) sum += static_cast<double>(value) * value;
  }
  return std::sqrt(sum);
}

/// Sets the parameters to w - rate g.
void move(Parameters parameters, const Values& w, const Values& g, double rate) {
  std::size_t i = 0;
  for (Parameter& parameter : parameters) {
    const std::span<Real> values = parameter.value().values();
    for (std::size_t j = 0; j < values.size(); ++j) {
      values[j] = w[i].values()[j] - static_cast<Real>(rate) * g[i].values()[j];
    }
    ++i;
  }
}

}  // namespace

LossLandscape loss_landscape(Layer& model, const Batch& batch, std::span<const double> rates) {
  check(!rates.empty(), "[loss_landscape] expected at least one rate, got none");
  const KeptState kept(model);
  const Values weights = copies_of_values(model.parameters());
  const double loss = differentiate(model, batch);
  const Values g = copies_of_gradients(model.parameters());
  const double length = norm(g);
  std::vector<double> losses;
  std::vector<double> changes;
  std::vector<double> slopes;
  for (const double rate : rates) {
    move(model.parameters(), weights, g, rate);
    losses.push_back(differentiate(model, batch));
    changes.push_back(distance(model.parameters(), g));
    slopes.push_back(changes.back() / (rate * length));
  }
  return {.loss = loss,
          .min_loss = std::ranges::min(losses),
          .max_loss = std::ranges::max(losses),
          .min_change = std::ranges::min(changes),
          .max_change = std::ranges::max(changes),
          .smoothness = std::ranges::max(slopes)};
}

}  // namespace study
