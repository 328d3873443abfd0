#pragma once

#include <string>

/// Which kernels to time: see `bench ops --help`.
struct OpsOptions {
  int threads = 0;
  std::string filter;
  bool json = false;
};

/// Times every kernel on matrices that fit the caches and on large ones, beside a copy of as much memory, and matrix
/// products beside OpenBLAS. Throws ValueError if the filter leaves none.
void bench_ops(const OpsOptions& options);
