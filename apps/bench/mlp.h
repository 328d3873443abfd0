#pragma once

#include "network.h"

/// Options of `bench mlp`.
struct MlpOptions : Network {
  int threads = 0;
  int steps = 200;
  bool json = false;
  bool profile = false;
};

/// Prints the median time of whole training steps (forward, softmax cross-entropy, backward, optimizer) on random data.
/// The first fifth of the steps is not counted.
void bench_mlp(const MlpOptions& options);
