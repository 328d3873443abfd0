#pragma once

#include <gradus/layers/layer.h>
#include <gradus/layers/registry/config_reader.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

using LayerFactory = std::function<std::unique_ptr<Layer>(const Config&)>;

/// Makes the layer that a configuration describes. Throws ValueError for an unknown type or option.
std::unique_ptr<Layer> make_layer(const Config& config);

/// Teaches `make_layer`, and with it `load_model`, a custom layer type.
void register_layer(const std::string& type, LayerFactory factory);

/// The factory of a layer that is made from an options struct, which `visit` walks.
template <class L, class Options>
LayerFactory layer_factory() {
  return [](const Config& config) {
    ConfigReader reader(config);
    Options options;
    visit(options, reader);
    reader.finish();
    return std::make_unique<L>(options);
  };
}

/// The factory of a layer that is made from one argument of type T.
template <class L, class T>
LayerFactory layer_factory(const char* name) {
  return [name](const Config& config) {
    ConfigReader reader(config);
    T argument{};
    reader(name, argument);
    reader.finish();
    return std::make_unique<L>(argument);
  };
}

/// Registers the layers of the topics. The build writes it, since this topic does not know the others; `make_layer`
/// calls it.
void register_topics();

}  // namespace gradus::inline GRADUS_PRECISION
