#pragma once

#include "options.h"

/// Trains as the options say, shows progress, and ends with a table. False if Ctrl-C ended it.
bool train(const Options& options);
