#pragma once

#include "experiment.h"

namespace study {

// The sixteen claims of a course on batch normalization, each in a file of its own, in the folder experiments/.
Experiment convergence(const Setting& setting);
Experiment learning_rates(const Setting& setting);
Experiment gradients(const Setting& setting);
Experiment weight_scales(const Setting& setting);
Experiment smoothness(const Setting& setting);

/// All of them, in the order of the course.
std::vector<Experiment> all_experiments(const Setting& setting);

}  // namespace study
