#include "network.h"

#include "../optimizers.h"
#include "../perceptron.h"

#include <gradus/layers/activation.h>
#include <gradus/layers/convolution/conv2d.h>
#include <gradus/layers/convolution/pooling.h>
#include <gradus/layers/convolution/reshape.h>
#include <gradus/layers/dropout/dropout.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/input.h>

using namespace gradus;

namespace {

/// Two convolutions, each with normalization and activation, then pooling and dropout.
void add_block(std::vector<std::unique_ptr<Layer>>& layers, Index filters, const Options& options,
               const std::string& norm, const PerceptronOptions& network) {
  Conv2DOptions convolution = options.pytorch ? Conv2DOptions::pytorch() : Conv2DOptions{};
  if (!options.pytorch) convolution.kernel_initializer = options.initializer;
  convolution.padding = "same";
  convolution.use_bias = !has_beta(norm);
  for (int i = 0; i < 2; ++i) {
    layers.push_back(std::make_unique<Conv2D>(filters, 3, convolution));
    if (std::unique_ptr<Layer> normalization = make_normalization(norm, filters, network)) {
      layers.push_back(std::move(normalization));
    }
    layers.push_back(std::make_unique<Activation>(options.activation));
  }
  layers.push_back(std::make_unique<MaxPooling2D>());
  if (options.dropout > 0) layers.push_back(std::make_unique<Dropout>(options.dropout));
}

}  // namespace

Sequential make_network(const Options& options, const std::string& norm) {
  const bool convolves = options.network == "conv";
  std::vector<Index> hidden = options.hidden;
  if (hidden.empty()) hidden = convolves ? std::vector<Index>{128} : std::vector<Index>{256, 128};
  PerceptronOptions network{
      .hidden = hidden, .block = {"dense", norm, options.activation, "dropout"}, .dropout_rate = options.dropout};
  if (options.pytorch) {
    network.dense = DenseOptions::pytorch();
    network.batch = BatchNormalizationOptions::pytorch();
    network.layer = LayerNormalizationOptions::pytorch();
    network.group = GroupNormalizationOptions::pytorch();
  } else {
    network.dense.kernel_initializer = options.initializer;
  }
  network.group.groups = 8;
  if (!convolves) return make_perceptron(network);
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{784}));
  layers.push_back(std::make_unique<Reshape>(Shape{28, 28, 1}));
  add_block(layers, 32, options, norm, network);
  add_block(layers, 64, options, norm, network);
  layers.push_back(std::make_unique<Flatten>());
  network.inputs = 7 * 7 * 64;
  layers.push_back(std::make_unique<Sequential>(make_perceptron(network)));
  return Sequential(std::move(layers));
}

std::unique_ptr<Optimizer> make_optimizer(const Options& options) {
  return make_optimizer({.name = options.optimizer,
                         .learning_rate = options.learning_rate,
                         .momentum = options.momentum,
                         .pytorch = options.pytorch});
}
