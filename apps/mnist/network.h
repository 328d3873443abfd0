#pragma once

#include "options.h"

#include <gradus/layers/sequential.h>
#include <gradus/optim/optimizer.h>

#include <memory>

/// 784 -> hidden... -> 10, with normalization, activation and dropout after each hidden layer; group normalization in 8
/// groups. The network "conv" begins with two blocks of two convolutions (3 x 3, 32 and 64 filters), each with
/// normalization and activation, a maximum pooling and dropout.
gradus::Sequential make_network(const Options& options, const std::string& norm);

std::unique_ptr<gradus::Optimizer> make_optimizer(const Options& options);
