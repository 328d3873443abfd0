#include <gradus/layers/registry/registry.h>

#include <gradus/core/names.h>
#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/input.h>
#include <gradus/layers/sequential.h>

#include <map>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::unique_ptr<Layer> make_dense(const Config& config) {
  ConfigReader reader(config);
  Index units = 0;
  DenseOptions options;
  reader("units", units);
  visit(options, reader);
  reader.finish();
  return std::make_unique<Dense>(units, options);
}

std::unique_ptr<Layer> make_flatten(const Config& config) {
  ConfigReader(config).finish();
  return std::make_unique<Flatten>();
}

std::unique_ptr<Layer> make_sequential(const Config& config) {
  std::vector<std::unique_ptr<Layer>> layers;
  for (const Config& layer : config.layers) layers.push_back(make_layer(layer));
  return std::make_unique<Sequential>(std::move(layers));
}

using Factories = std::map<std::string, LayerFactory, std::less<>>;

Factories& factories() {
  static Factories map{
      {"Input", layer_factory<Input, Shape>("shape")},
      {"Dense", make_dense},
      {"Activation", layer_factory<Activation, std::string>("function")},
      {"Flatten", make_flatten},
      {"BatchNormalization", layer_factory<BatchNormalization, BatchNormalizationOptions>()},
      {"Sequential", make_sequential},
  };
  return map;
}

/// The layers of the topics join on first use.
Factories& all_factories() {
  static const bool once = [] {
    register_topics();
    return true;
  }();
  static_cast<void>(once);
  return factories();
}

}  // namespace

std::unique_ptr<Layer> make_layer(const Config& config) {
  const auto found = find_name("make_layer", "layer type", config.type, all_factories(), &Factories::value_type::first,
                               "; teach it your own with register_layer");
  return found->second(config);
}

void register_layer(const std::string& type, LayerFactory factory) {
  check(factory != nullptr, "[register_layer] expected a function that makes a {}, got none", type);
  factories()[type] = std::move(factory);
}

}  // namespace gradus::inline GRADUS_PRECISION
