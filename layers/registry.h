#pragma once

#include <gradus/layers/layer.h>

#include <functional>

namespace gradus::inline GRADUS_PRECISION {

using LayerFactory = std::function<std::unique_ptr<Layer>(const Config&)>;

/// Makes the layer that a configuration describes. Throws ValueError for an unknown type or option.
std::unique_ptr<Layer> make_layer(const Config& config);

/// Teaches `make_layer`, and with it `load_model`, a layer type of one's own.
void register_layer(const std::string& type, LayerFactory factory);

}  // namespace gradus::inline GRADUS_PRECISION
