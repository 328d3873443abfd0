#include "network.h"

#include <gradus/gradus.h>

using namespace gradus;

Sequential make_model(const Network& network) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{network.inputs}));
  for (const Index units : network.hidden) {
    layers.push_back(std::make_unique<Dense>(units));
    if (network.norm == "batch") layers.push_back(std::make_unique<BatchNormalization>());
    if (network.norm == "layer") layers.push_back(std::make_unique<LayerNormalization>());
    layers.push_back(std::make_unique<Activation>(network.activation));
    if (network.dropout > 0) layers.push_back(std::make_unique<Dropout>(network.dropout));
  }
  layers.push_back(std::make_unique<Dense>(network.outputs));
  return Sequential(std::move(layers));
}

std::unique_ptr<Optimizer> make_optimizer(const Network& network) {
  if (network.optimizer == "sgd") return std::make_unique<SGD>(SGDOptions{.learning_rate = 0.01, .momentum = 0.9});
  return std::make_unique<Adam>();
}
