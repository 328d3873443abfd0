#pragma once

#include <gradus/layers/layer.h>

#include <string>

/// A Sequential as the C++ that makes it, with the options that are not the default ones. Throws ValueError for layers
/// that `make_layer` does not know.
std::string code_of(const gradus::Layer& model);
