#include "network.h"

#include "noise.h"

#include <gradus/layers/activation.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/input.h>
#include <gradus/layers/layer_normalization.h>

#include <sstream>

using namespace gradus;

namespace study {

namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

bool is_normalization(const std::string& word) { return word == "batch" || word == "layer" || word == "group"; }

std::unique_ptr<Layer> make_layer(const std::string& word, const NetworkOptions& options) {
  if (word == "batch") return std::make_unique<BatchNormalization>(options.batch_normalization);
  if (word == "layer") return std::make_unique<LayerNormalization>();
  if (word == "group") return std::make_unique<GroupNormalization>(GroupNormalizationOptions{.groups = options.groups});
  if (word == "dropout") return std::make_unique<Dropout>(options.dropout_rate);
  if (word == "noise") return std::make_unique<Noise>();
  return std::make_unique<Activation>(word);
}

}  // namespace

Sequential make_network(Record& record, const NetworkOptions& options) {
  record.note("network", {{"hidden", options.hidden},
                          {"block", options.block},
                          {"kernel_initializer", options.kernel_initializer},
                          {"dropout_rate", options.dropout_rate},
                          {"groups", options.groups},
                          {"epsilon", options.batch_normalization.epsilon},
                          {"momentum", options.batch_normalization.momentum.value_or(-1)},
                          {"warm_up", options.batch_normalization.warm_up}});
  const std::vector<std::string> block = words(options.block);
  DenseOptions dense{.kernel_initializer = options.kernel_initializer};
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{784}));
  for (const Index units : options.hidden) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block[i] == "dense") {
        dense.use_bias = i + 1 == block.size() || !is_normalization(block[i + 1]);
        layers.push_back(std::make_unique<Dense>(units, dense));
      } else {
        layers.push_back(make_layer(block[i], options));
      }
    }
  }
  dense.use_bias = true;
  layers.push_back(std::make_unique<Dense>(10, dense));
  return Sequential(std::move(layers));
}

}  // namespace study
