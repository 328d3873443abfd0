#pragma once

#include <gradus/data/dataset.h>
#include <gradus/layers/layer.h>

#include <string>

/// The images of 28 x 28 that the model takes for another class, the highest loss first, at most 40: as SVG, with the
/// class predicted, the true one and the probability of the former.
std::string mistakes_svg(const gradus::Layer& model, const gradus::Dataset& test);
