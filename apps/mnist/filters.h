#pragma once

#include <gradus/layers/layer.h>

#include <string>

/// The weights of the first layer, as SVG: of a Conv2D each filter, with its channels side by side; of a Dense on
/// images of 28 x 28 the weights of each unit. The first 32, on one scale that is symmetric about 0.
std::string filters_svg(const gradus::Layer& model);
