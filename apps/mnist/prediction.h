#pragma once

#include "options.h"

/// Classifies images with the trained model options.predict. With options.images, prints one line per image of that
/// file; otherwise prints the accuracy on the test images and a few pictures.
void predict(const Options& options);
