#pragma once

#include <gradus/layers/sequential.h>
#include <gradus/optim/optimizer.h>

#include <memory>
#include <string>
#include <vector>

/// A multi-layer perceptron whose training steps are timed, or whose work is counted.
struct Network {
  gradus::Index batch = 64;
  gradus::Index inputs = 784;
  std::vector<gradus::Index> hidden{256, 128};
  gradus::Index outputs = 10;
  std::string activation = "relu";
  std::string norm = "none";       ///< none, batch or layer
  std::string optimizer = "adam";  ///< adam, or sgd with momentum 0.9
  double dropout = 0;
};

/// Dense layers with normalization, activation and dropout behind each but the last. All have a bias, as the peers that
/// they are compared with have it.
gradus::Sequential make_model(const Network& network);

std::unique_ptr<gradus::Optimizer> make_optimizer(const Network& network);
