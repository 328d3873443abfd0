#include "network.h"

#include "../optimizers.h"
#include "../perceptron.h"

using namespace gradus;

Sequential make_network(const Options& options, const std::string& norm) {
  PerceptronOptions network{.hidden = options.hidden,
                            .block = {"dense", norm, options.activation, "dropout"},
                            .dropout_rate = options.dropout};
  if (options.pytorch) {
    network.dense = DenseOptions::pytorch();
    network.batch = BatchNormalizationOptions::pytorch();
    network.layer = LayerNormalizationOptions::pytorch();
    network.group = GroupNormalizationOptions::pytorch();
  } else {
    network.dense.kernel_initializer = options.initializer;
  }
  network.group.groups = 8;
  return make_perceptron(network);
}

std::unique_ptr<Optimizer> make_optimizer(const Options& options) {
  return make_optimizer({.name = options.optimizer,
                         .learning_rate = options.learning_rate,
                         .momentum = options.momentum,
                         .pytorch = options.pytorch});
}
