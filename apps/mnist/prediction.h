#pragma once

#include "options.h"

/// Classifies images with the trained model options.predict: those of options.images, one line each, or the test
/// images, with the accuracy and a few pictures.
void predict(const Options& options);
