#pragma once

#include "options.h"

#include <gradus/train/fit.h>

/// Trains the network with the epochs or steps, the batches, the augmentation and the schedule of the options.
gradus::History fit_network(const Options& options, gradus::Layer& model, gradus::Optimizer& optimizer,
                            const gradus::Dataset& data, std::vector<gradus::CallbackPointer> callbacks,
                            gradus::Callback* checkpoint);
