#pragma once

#include "options.h"

/// Trains as the options say, shows progress, and ends with a table.
void train(const Options& options);
