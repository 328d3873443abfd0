// Trains on handwritten digits, with and without batch normalization. `mnist --help` lists the options.
#include "options.h"
#include "prediction.h"
#include "training.h"

#include <gradus/core/check.h>
#include <gradus/core/parallel.h>
#include <gradus/core/printable.h>

#include <cstdio>

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  try {
    if (options.threads > 0) gradus::set_threads(options.threads);
    if (options.predict.empty()) {
      constexpr int interrupted = 130;  // the exit code of shells after Ctrl-C
      return train(options) ? 0 : interrupted;
    }
    predict(options);
    return 0;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "mnist: {}\n", gradus::escaped(error.what()));
    return 1;
  }
}
