#pragma once  // internal

#include <gradus/layers/layer.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Draws the weights of a layer with a kernel, where they are trainable, from the default generator.
void draw_weights(Layer& layer, const std::string& kernel_initializer, const std::string& bias_initializer);

/// All layers with a kernel, if the weights of each are trainable and such as its initializers give: by mean, root mean
/// square and, of many, the largest. Else none: they were trained, or set by hand.
std::vector<Layer*> drawn_layers(Layer& model);
/// Draws their weights by their initializers.
void draw_anew(std::span<Layer* const> layers, std::uint64_t seed);

}  // namespace gradus::inline GRADUS_PRECISION
