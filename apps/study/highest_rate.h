#pragma once

#include "experiment.h"

namespace study {

/// That the highest of the rates at which the test accuracy of a seed reaches the target is higher with batch
/// normalization. For arms with the labels "norm" ("none" or "batch") and "rate".
Criterion highest_rate_is_higher(const std::vector<double>& rates, double target);

}  // namespace study
