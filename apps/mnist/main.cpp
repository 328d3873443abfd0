// Trains on handwritten digits, with and without batch normalization. `mnist --help` lists the options.
#include "options.h"
#include "prediction.h"
#include "training.h"
#include "verify_resume.h"

#include "../command_line.h"

#include <gradus/core/parallel.h>
#include <gradus/train/callbacks/interrupt.h>

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  return run_program("mnist", [&] {
    if (options.threads > 0) gradus::set_threads(options.threads);
    if (options.verify_resume) return verify_resume(options) ? 0 : 1;
    if (options.predict.empty()) {
      constexpr int interrupted = 128;  // and the signal: the exit code of shells
      return train(options) ? 0 : interrupted + gradus::Interrupt::signal();
    }
    predict(options);
    return 0;
  });
}
