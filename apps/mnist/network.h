#pragma once

#include "options.h"

#include <gradus/layers/sequential.h>
#include <gradus/optim/optimizer.h>

#include <memory>

/// Dense layers with normalization, activation and dropout behind each but the last:
///   784 -> hidden... -> 10.
/// `norm` is none, batch or layer. There is no bias under a normalization: its beta does the same.
gradus::Sequential make_network(const Options& options, const std::string& norm);

std::unique_ptr<gradus::Optimizer> make_optimizer(const Options& options);
