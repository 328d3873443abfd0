#pragma once

#include "options.h"

/// Trains for 60 steps; then again, cut after a random step and resumed with another number of threads, 50 times.
/// Prints and returns whether model file, log and history of all are equal byte by byte, except for times.
bool verify_resume(const Options& options);
