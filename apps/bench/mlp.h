#pragma once

#include <gradus/core/real.h>

#include <string>
#include <vector>

/// A multi-layer perceptron to time: see `bench mlp --help`.
struct MlpOptions {
  gradus::Index batch = 64;
  gradus::Index inputs = 784;
  std::vector<gradus::Index> hidden{256, 128};
  gradus::Index outputs = 10;
  std::string activation = "relu";
  std::string norm = "none";
  std::string optimizer = "adam";
  double dropout = 0;
  int threads = 0;
  int steps = 200;
  bool json = false;
  bool profile = false;
};

/// Times whole training steps (forward, softmax cross-entropy, backward, optimizer) on random data, and prints the
/// median over all but the first fifth.
void bench_mlp(const MlpOptions& options);
