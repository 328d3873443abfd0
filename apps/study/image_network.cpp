#include "image_network.h"

#include "../perceptron.h"
#include "block.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/core/check.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/convolution/conv2d.h>
#include <gradus/layers/convolution/pooling.h>
#include <gradus/layers/convolution/reshape.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/input.h>

#include <algorithm>
#include <span>

using namespace gradus;

namespace study {

namespace {

using Layers = std::vector<std::unique_ptr<Layer>>;

/// y = tail(x + branch(x))
class ResidualBlock : public Layer {
 public:
  ResidualBlock(Layers branch, Layers tail) : branch_(std::move(branch)), tail_(std::move(tail)) {}

  Children children() override { return {{"branch", branch_}, {"tail", tail_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return tail_(x + branch_(x, mode), mode); }

 private:
  Sequential branch_;
  Sequential tail_;
};

/// Makes layers of blocks.
class Builder {
 public:
  explicit Builder(const ImageNetworkOptions& options) : initializer_(options.kernel_initializer) {
    normalizations_.batch = options.batch_normalization;
    normalizations_.group.groups = options.groups;
  }

  void append(Layers& layers, std::span<const std::string> names, Index filters, Index strides) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == "conv") {
        const bool normalized = i + 1 < names.size() && has_beta(names[i + 1]);
        layers.push_back(std::make_unique<Conv2D>(
            filters, 3,
            Conv2DOptions{
                .strides = strides, .padding = "same", .use_bias = !normalized, .kernel_initializer = initializer_}));
      } else if (names[i] == "flatten") {
        layers.push_back(std::make_unique<Flatten>());
      } else if (names[i] == "mean") {
        layers.push_back(std::make_unique<GlobalAveragePooling2D>());
      } else if (auto normalization = make_normalization(names[i], filters, normalizations_)) {
        layers.push_back(std::move(normalization));
      } else {
        layers.push_back(std::make_unique<Activation>(names[i]));
      }
    }
  }

  std::unique_ptr<Layer> residual_block(const std::string& block, Index filters) const {
    const std::vector<std::string> all = names_of_block(block);
    const std::span<const std::string> names(all);
    const auto plus = static_cast<std::size_t>(std::ranges::find(names, "+") - names.begin());
    check(plus < names.size(), "[study] expected a residual block with +, got '{}'", block);
    Layers branch;
    Layers tail;
    append(branch, names.first(plus), filters, 1);
    append(tail, names.subspan(plus + 1), filters, 1);
    return std::make_unique<ResidualBlock>(std::move(branch), std::move(tail));
  }

 private:
  std::string initializer_;
  PerceptronOptions normalizations_;
};

}  // namespace

Sequential make_image_network(Record& record, const ImageNetworkOptions& options) {
  record.add_options("network", {{"filters", options.filters},
                                 {"block", options.block},
                                 {"residual_blocks", options.residual_blocks},
                                 {"residual_block", options.residual_block},
                                 {"head", options.head},
                                 {"kernel_initializer", options.kernel_initializer},
                                 {"groups", options.groups},
                                 {"epsilon", options.batch_normalization.epsilon},
                                 {"momentum", options.batch_normalization.momentum.value_or(-1)},
                                 {"warm_up", options.batch_normalization.warm_up}});
  const Builder builder(options);
  Layers layers;
  layers.push_back(std::make_unique<Input>(Shape{784}));
  layers.push_back(std::make_unique<Reshape>(Shape{28, 28, 1}));
  layers.push_back(std::make_unique<AveragePooling2D>());
  for (std::size_t i = 0; i < options.filters.size(); ++i) {
    builder.append(layers, names_of_block(options.block), options.filters[i], i == 0 ? 1 : 2);
  }
  const Index width = options.filters.back();
  for (Index i = 0; i < options.residual_blocks; ++i) {
    layers.push_back(builder.residual_block(options.residual_block, width));
  }
  builder.append(layers, names_of_block(options.head), width, 1);
  layers.push_back(std::make_unique<Dense>(10));
  return Sequential(std::move(layers));
}

}  // namespace study
