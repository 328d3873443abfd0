#pragma once

#include <string>

/// Options of `bench ops`.
struct OpsOptions {
  int threads = 0;
  std::string filter;
  bool json = false;
};

/// Prints the time of every kernel on matrices that fit into the caches and on large ones, compared with a copy of the
/// same amount of memory, and of matrix products, compared with OpenBLAS. Throws ValueError if no name matches the
/// filter.
void bench_ops(const OpsOptions& options);
