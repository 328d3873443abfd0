#pragma once

#include "options.h"

#include <gradus/layers/sequential.h>
#include <gradus/optim/optimizer.h>

#include <memory>

/// Dense layers with normalization, activation and dropout behind each but the last:
///   784 -> hidden... -> 10.
/// `norm` is none, batch, layer, group (8 groups, or as many as divide the units) or rms. There is no bias under a
/// normalization with a beta, which takes its place.
gradus::Sequential make_network(const Options& options, const std::string& norm);

std::unique_ptr<gradus::Optimizer> make_optimizer(const Options& options);
