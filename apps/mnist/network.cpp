#include "network.h"

#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/input.h>
#include <gradus/layers/layer_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>
#include <gradus/optim/adaptive/adagrad.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adaptive/nadam.h>
#include <gradus/optim/adaptive/rmsprop.h>
#include <gradus/optim/sgd.h>

#include <numeric>

using namespace gradus;

namespace {

/// The defaults of PyTorch or of Keras.
template <class Options>
Options defaults(bool pytorch) {
  return pytorch ? Options::pytorch() : Options{};
}

}  // namespace

Sequential make_network(const Options& options, const std::string& norm) {
  auto dense = defaults<DenseOptions>(options.pytorch);
  if (!options.pytorch) dense.kernel_initializer = options.initializer;
  const auto batch = defaults<BatchNormalizationOptions>(options.pytorch);
  const auto layer = defaults<LayerNormalizationOptions>(options.pytorch);
  auto group = defaults<GroupNormalizationOptions>(options.pytorch);
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{784}));
  for (const Index units : options.hidden) {
    dense.use_bias = norm == "none" || norm == "rms";
    layers.push_back(std::make_unique<Dense>(units, dense));
    if (norm == "batch") layers.push_back(std::make_unique<BatchNormalization>(batch));
    if (norm == "layer") layers.push_back(std::make_unique<LayerNormalization>(layer));
    if (norm == "group") {
      group.groups = std::gcd(units, Index{8});
      layers.push_back(std::make_unique<GroupNormalization>(group));
    }
    if (norm == "rms") layers.push_back(std::make_unique<RMSNormalization>());
    layers.push_back(std::make_unique<Activation>(options.activation));
    if (options.dropout != 0) layers.push_back(std::make_unique<Dropout>(options.dropout));
  }
  dense.use_bias = true;
  layers.push_back(std::make_unique<Dense>(10, dense));
  return Sequential(std::move(layers));
}

std::unique_ptr<Optimizer> make_optimizer(const Options& options) {
  const auto with_rate = [&](auto optimizer_options) {
    if (options.learning_rate != 0) optimizer_options.learning_rate = options.learning_rate;
    return optimizer_options;
  };
  if (options.optimizer == "sgd") {
    auto sgd = with_rate(defaults<SGDOptions>(options.pytorch));
    sgd.momentum = options.momentum;
    return std::make_unique<SGD>(sgd);
  }
  if (options.optimizer == "adamw") return std::make_unique<AdamW>(with_rate(defaults<AdamWOptions>(options.pytorch)));
  if (options.optimizer == "nadam") return std::make_unique<NAdam>(with_rate(defaults<NAdamOptions>(options.pytorch)));
  if (options.optimizer == "rmsprop") {
    return std::make_unique<RMSprop>(with_rate(defaults<RMSpropOptions>(options.pytorch)));
  }
  if (options.optimizer == "adagrad") {
    return std::make_unique<Adagrad>(with_rate(defaults<AdagradOptions>(options.pytorch)));
  }
  return std::make_unique<Adam>(with_rate(defaults<AdamOptions>(options.pytorch)));
}
