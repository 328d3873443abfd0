#pragma once

#include <gradus/optim/optimizer.h>

#include <memory>
#include <string>
#include <vector>

/// An optimizer by name.
struct OptimizerOptions {
  std::string name = "adam";
  double learning_rate = 0;  ///< 0: the default of the optimizer
  double momentum = 0;       ///< of "sgd"
  bool pytorch = false;      ///< the conventions of PyTorch instead of those of Keras
};

/// Throws ValueError for an unknown name.
std::unique_ptr<gradus::Optimizer> make_optimizer(const OptimizerOptions& options);

std::vector<std::string> optimizer_names();
