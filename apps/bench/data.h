#pragma once

#include <gradus/core/real.h>

#include <string>

/// Options of `bench data`.
struct DataOptions {
  gradus::Index batch = 64;
  std::string data;
  bool json = false;
};

/// Prints the time of an epoch of a DataLoader over the built-in digits, and over MNIST if options.data names its
/// folder.
void bench_data(const DataOptions& options);
