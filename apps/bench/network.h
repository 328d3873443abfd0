#pragma once

#include <gradus/layers/sequential.h>
#include <gradus/optim/optimizer.h>

#include <memory>
#include <string>
#include <vector>

/// A multi-layer perceptron, to time its training steps or to count their work.
struct Network {
  gradus::Index batch = 64;
  gradus::Index inputs = 784;
  std::vector<gradus::Index> hidden{256, 128};
  gradus::Index outputs = 10;
  std::string activation = "relu";
  std::string norm = "none";       ///< see normalization_names
  std::string optimizer = "adam";  ///< see optimizer_names; sgd has momentum 0.9
  double dropout = 0;
};

/// inputs -> hidden... -> outputs, with normalization, activation and dropout after each hidden layer. All dense layers
/// have a bias, as in the libraries that gradus is compared with.
gradus::Sequential make_model(const Network& network);

std::unique_ptr<gradus::Optimizer> make_optimizer(const Network& network);
