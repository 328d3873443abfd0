#include "perceptron.h"

#include <gradus/layers/activation.h>
#include <gradus/layers/dropout/dropout.h>
#include <gradus/layers/input.h>
#include <gradus/layers/normalization/rms_normalization.h>

#include <numeric>

using namespace gradus;

bool has_beta(const std::string& name) { return name == "batch" || name == "layer" || name == "group"; }

std::unique_ptr<Layer> make_normalization(const std::string& name, Index features, const PerceptronOptions& options) {
  if (name == "batch") return std::make_unique<BatchNormalization>(options.batch);
  if (name == "layer") return std::make_unique<LayerNormalization>(options.layer);
  if (name == "rms") return std::make_unique<RMSNormalization>();
  if (name != "group") return nullptr;
  GroupNormalizationOptions group = options.group;
  group.groups = std::gcd(features, group.groups);
  return std::make_unique<GroupNormalization>(group);
}

namespace {

/// All but dense layers.
std::unique_ptr<Layer> make_layer(const std::string& name, Index units, const PerceptronOptions& options) {
  if (name == "dropout") return std::make_unique<Dropout>(options.dropout_rate);
  std::unique_ptr<Layer> layer = make_normalization(name, units, options);
  if (!layer && options.custom_layer) layer = options.custom_layer(name);
  return layer ? std::move(layer) : std::make_unique<Activation>(name);
}

bool adds_no_layer(const std::string& name, const PerceptronOptions& options) {
  return name == "none" || (name == "dropout" && options.dropout_rate == 0);
}

}  // namespace

Sequential make_perceptron(const PerceptronOptions& options) {
  const std::vector<std::string>& block = options.block;
  DenseOptions dense = options.dense;
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{options.inputs}));
  for (const Index units : options.hidden) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (block[i] == "dense") {
        const bool normalized = i + 1 < block.size() && has_beta(block[i + 1]);
        dense.use_bias = options.bias_before_normalization || !normalized;
        layers.push_back(std::make_unique<Dense>(units, dense));
      } else if (!adds_no_layer(block[i], options)) {
        layers.push_back(make_layer(block[i], units, options));
      }
    }
  }
  dense.use_bias = true;
  layers.push_back(std::make_unique<Dense>(options.outputs, dense));
  return Sequential(std::move(layers));
}

std::vector<std::string> normalization_names() { return {"none", "batch", "layer", "group", "rms"}; }
