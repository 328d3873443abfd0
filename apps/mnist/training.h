#pragma once

#include "options.h"

#include <gradus/data/mnist/mnist.h>

/// The images of --data or --fashion, or the built-in sample.
gradus::TrainTest load_data(const Options& options);

/// Trains with these options, shows the progress and prints a table of the results. Returns false if interrupted by
/// Ctrl-C or another signal.
bool train(const Options& options);
