#pragma once

#include "network.h"

/// How to time a multi-layer perceptron: see `bench mlp --help`.
struct MlpOptions : Network {
  int threads = 0;
  int steps = 200;
  bool json = false;
  bool profile = false;
};

/// Times whole training steps (forward, softmax cross-entropy, backward, optimizer) on random data, and prints the
/// median over all but the first fifth.
void bench_mlp(const MlpOptions& options);
