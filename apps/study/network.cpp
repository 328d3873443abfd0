#include "network.h"

#include "../perceptron.h"
#include "block.h"
#include "noise.h"

using namespace gradus;

namespace study {

namespace {

std::unique_ptr<Layer> make_noise(const std::string& name) {
  return name == "noise" ? std::make_unique<Noise>() : nullptr;
}

}  // namespace

Sequential make_network(Record& record, const NetworkOptions& options) {
  record.add_options("network", {{"hidden", options.hidden},
                                 {"block", options.block},
                                 {"kernel_initializer", options.kernel_initializer},
                                 {"dropout_rate", options.dropout_rate},
                                 {"groups", options.groups},
                                 {"epsilon", options.batch_normalization.epsilon},
                                 {"momentum", options.batch_normalization.momentum.value_or(-1)},
                                 {"warm_up", options.batch_normalization.warm_up}});
  PerceptronOptions network{
      .hidden = options.hidden, .block = names_of_block(options.block), .dropout_rate = options.dropout_rate};
  network.dense.kernel_initializer = options.kernel_initializer;
  network.batch = options.batch_normalization;
  network.group.groups = options.groups;
  network.custom_layer = make_noise;
  return make_perceptron(network);
}

}  // namespace study
