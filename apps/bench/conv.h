#pragma once

#include <gradus/core/real.h>

#include <string>

/// Options of `bench conv`.
struct ConvOptions {
  std::string what = "net";  ///< net, conv or depthwise
  gradus::Index batch = 64;
  gradus::Index size = 28;  ///< height and width of the images
  gradus::Index in = 1;     ///< channels
  gradus::Index out = 32;
  gradus::Index kernel = 3;
  int threads = 0;
  int steps = 30;
  bool json = false;
  bool profile = false;
};

/// Prints the median time of forward and backward of one convolution, or of whole training steps of a small
/// convolutional network, on random data. The first fifth of the steps is not counted.
void bench_conv(const ConvOptions& options);
