#pragma once

#include <gradus/core/real.h>

#include <string>

/// What to load batches of: see `bench data --help`.
struct DataOptions {
  gradus::Index batch = 64;
  std::string data;
  bool json = false;
};

/// Times epochs of a DataLoader over the sample of MNIST that is part of the library, and over the folder's MNIST if
/// one is named.
void bench_data(const DataOptions& options);
