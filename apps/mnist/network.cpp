#include "network.h"

#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/input.h>
#include <gradus/layers/layer_normalization.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/sgd.h>

using namespace gradus;

Sequential make_network(const Options& options, const std::string& norm) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{784}));
  for (const Index units : options.hidden) {
    const DenseOptions dense{.use_bias = norm == "none", .kernel_initializer = options.initializer};
    layers.push_back(std::make_unique<Dense>(units, dense));
    if (norm == "batch") layers.push_back(std::make_unique<BatchNormalization>());
    if (norm == "layer") layers.push_back(std::make_unique<LayerNormalization>());
    layers.push_back(std::make_unique<Activation>(options.activation));
    if (options.dropout != 0) layers.push_back(std::make_unique<Dropout>(options.dropout));
  }
  layers.push_back(std::make_unique<Dense>(10, DenseOptions{.kernel_initializer = options.initializer}));
  return Sequential(std::move(layers));
}

std::unique_ptr<Optimizer> make_optimizer(const Options& options) {
  const auto rate = [&](double usual) { return options.learning_rate == 0 ? usual : options.learning_rate; };
  if (options.optimizer == "sgd") {
    return std::make_unique<SGD>(SGDOptions{.learning_rate = rate(0.01), .momentum = options.momentum});
  }
  if (options.optimizer == "adamw") return std::make_unique<AdamW>(AdamWOptions{.learning_rate = rate(1e-3)});
  return std::make_unique<Adam>(AdamOptions{.learning_rate = rate(1e-3)});
}
