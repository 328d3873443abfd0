#include <gradus/layers/registry.h>

#include <gradus/layers/activation.h>
#include <gradus/layers/batch_normalization.h>
#include <gradus/layers/dense.h>
#include <gradus/layers/dropout.h>
#include <gradus/layers/flatten.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/input.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/layer_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>
#include <gradus/layers/sequential.h>

#include <map>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// A layer with one positional argument of type T.
template <class L, class T>
LayerFactory with_argument(const char* name) {
  return [name](const Config& config) {
    ConfigReader reader(config);
    T argument{};
    reader(name, argument);
    reader.finish();
    return std::make_unique<L>(argument);
  };
}

/// A layer made from an options struct.
template <class L, class Options>
LayerFactory with_options() {
  return [](const Config& config) {
    ConfigReader reader(config);
    Options options;
    visit(options, reader);
    reader.finish();
    return std::make_unique<L>(options);
  };
}

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

std::map<std::string, LayerFactory, std::less<>>& factories() {
  static std::map<std::string, LayerFactory, std::less<>> map{
      {"Input", with_argument<Input, Shape>("shape")},
      {"Dense", make_dense},
      {"Activation", with_argument<Activation, std::string>("function")},
      {"Dropout", with_argument<Dropout, double>("rate")},
      {"Flatten", make_flatten},
      {"BatchNormalization", with_options<BatchNormalization, BatchNormalizationOptions>()},
      {"GroupNormalization", with_options<GroupNormalization, GroupNormalizationOptions>()},
      {"InstanceNormalization", with_options<InstanceNormalization, InstanceNormalizationOptions>()},
      {"LayerNormalization", with_options<LayerNormalization, LayerNormalizationOptions>()},
      {"RMSNormalization", with_options<RMSNormalization, RMSNormalizationOptions>()},
      {"Sequential", make_sequential},
  };
  return map;
}

}  // namespace

std::unique_ptr<Layer> make_layer(const Config& config) {
  const auto found = factories().find(config.type);
  if (found == factories().end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, factory] : factories()) names.push_back(name);
    throw ValueError(fmt::format("[make_layer] {}; teach it your own with register_layer",
                                 unknown_name("layer type", config.type, names)));
  }
  return found->second(config);
}

void register_layer(const std::string& type, LayerFactory factory) {
  check(factory != nullptr, "[register_layer] expected a function that makes a {}, got none", type);
  factories()[type] = std::move(factory);
}

}  // namespace gradus::inline GRADUS_PRECISION
