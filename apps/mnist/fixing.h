#pragma once

#include "options.h"

#include <gradus/data/digits_sample.h>

/// Applies the doctor's cures to the network of the options, one by one until there is none left that it can apply.
/// Prints what each has gained and the cured network as code, and trains it.
void fix(const Options& options, const gradus::TrainTest& data, gradus::Index steps_before_first_test);
