#pragma once

#include "options.h"

/// Trains with these options, shows the progress and prints a table of the results. Returns false if interrupted by
/// Ctrl-C.
bool train(const Options& options);
