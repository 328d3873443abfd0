#include "network.h"

#include "../optimizers.h"
#include "../perceptron.h"

using namespace gradus;

Sequential make_model(const Network& network) {
  return make_perceptron({.inputs = network.inputs,
                          .hidden = network.hidden,
                          .outputs = network.outputs,
                          .block = {"dense", network.norm, network.activation, "dropout"},
                          .bias_before_normalization = true,
                          .dropout_rate = network.dropout});
}

std::unique_ptr<Optimizer> make_optimizer(const Network& network) {
  return make_optimizer({.name = network.optimizer, .momentum = 0.9});
}
