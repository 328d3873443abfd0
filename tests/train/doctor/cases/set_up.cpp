#include "set_up.h"

#include <cmath>
#include <numbers>

namespace gradus::cases {

namespace {

std::unique_ptr<Layer> normalization(const std::string& name) {
  if (name == "batch") return std::make_unique<BatchNormalization>();
  if (name == "renormalization") return std::make_unique<BatchRenormalization>();
  if (name == "layer") return std::make_unique<LayerNormalization>();
  if (name == "group") return std::make_unique<GroupNormalization>(GroupNormalizationOptions{.groups = 4});
  return std::make_unique<RMSNormalization>();
}

Tensor scaled(const Tensor& x, double a, double b) {
  Tensor y = x.clone();
  for (Real& v : y.values()) v = static_cast<Real>(a * v + b);
  return y;
}

}  // namespace

std::unique_ptr<Layer> make(const Net& net) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{net.inputs}));
  const bool normalizes = net.normalization != "none";
  for (std::size_t i = 0; i < net.hidden.size(); ++i) {
    if (net.residual && i > 0) {
      layers.push_back(std::make_unique<Residual>(Residual::Options{
          .units = net.hidden[i], .normalized = normalizes, .bias = !normalizes, .activation = net.activation}));
      continue;
    }
    const bool by_batch = net.normalization == "batch" || net.normalization == "renormalization";
    layers.push_back(std::make_unique<Dense>(net.hidden[i], DenseOptions{.use_bias = !by_batch,
                                                                         .kernel_initializer = net.initializer,
                                                                         .kernel_regularizer = {.l2 = net.l2}}));
    if (normalizes) layers.push_back(normalization(net.normalization));
    layers.push_back(std::make_unique<Activation>(net.activation));
    if (net.dropout > 0) layers.push_back(std::make_unique<Dropout>(net.dropout));
  }
  layers.push_back(std::make_unique<Dense>(net.outputs, DenseOptions{.kernel_regularizer = {.l2 = net.l2}}));
  return std::make_unique<Sequential>(std::move(layers));
}

Residual::Residual(const Options& options)
    : first_(options.units, {.use_bias = options.bias}),
      second_(options.units),
      normalization_(options.normalized ? std::make_unique<BatchNormalization>() : nullptr),
      dropout_(options.dropout),
      activation_(options.activation) {}

Children Residual::children() {
  Children all{{"first", first_}, {"second", second_}, {"dropout", dropout_}, {"activation", activation_}};
  if (normalization_) all.push_back({"normalization", *normalization_});
  return all;
}

Variable Residual::forward(const Variable& x, Mode mode) {
  Variable y = dropout_(first_(x, mode), mode);
  if (normalization_) y = (*normalization_)(y, mode);
  return x + second_(activation_(y, mode), mode);
}

void SignDescent::update(const Part& part) const {
  for (Index i = 0; i < part.size; ++i) {
    const Real g = part.gradient[i];
    part.weight[i] -= static_cast<Real>(part.learning_rate) * static_cast<Real>((g > 0) - (g < 0));
  }
}

const Dataset& digits() {
  static const Dataset data = load_digits_sample().train.take(2048);
  return data;
}

const Dataset& clothing() {
  static const Dataset data = load_clothing_sample().train;
  return data;
}

const Dataset& two_moons() {
  static const Dataset data = moons({.samples = 512});
  return data;
}

const Dataset& regression() {
  static const Dataset data = [] {
    Generator random(11);
    const Tensor x = Tensor::normal({1024, 8}, 0, 1, random);
    Tensor y = Tensor::empty({1024, 1});
    for (Index i = 0; i < 1024; ++i) {
      const Real* f = x.data() + 8 * i;
      y.data()[i] = static_cast<Real>(std::sin(2 * double{f[0]}) + 0.5 * double{f[1]} * f[2] + 0.5 * double{f[3]} +
                                      0.1 * random.normal());
    }
    return Dataset(x, y);
  }();
  return data;
}

const Dataset& table() {
  static const Dataset data = [] {
    Generator random(12);
    Tensor x = Tensor::normal({1024, 12}, 0, 1, random);
    Tensor labels = Tensor::empty({1024});
    for (Index i = 0; i < 1024; ++i) {
      Real* f = x.data() + 12 * i;
      const double score = double{f[0]} * f[1] + f[2];
      labels.data()[i] = score < -0.5 ? 0 : score < 0.7 ? 1 : 2;
      f[5] = 1;  // constant
      f[6] *= 3;
      f[7] = f[7] * 2 + 2;
    }
    return Dataset(x, labels, 3);
  }();
  return data;
}

Dataset moved(const Dataset& data, double a, double b) {
  const Batch all = data.batch();
  return {scaled(all.inputs, a, b), all.labels, data.classes()};
}

Dataset with_targets(const Dataset& data, double a, double b) {
  const Batch all = data.batch();
  return {all.inputs, scaled(all.labels, a, b), data.classes()};
}

}  // namespace gradus::cases
