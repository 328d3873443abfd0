#pragma once

#include "experiment.h"

namespace study {

// The nineteen claims of a course on batch normalization, in the folder experiments/.
Experiment convergence(const Setting& setting);
Experiment learning_rates(const Setting& setting);
Experiment gradients(const Setting& setting);
Experiment internal_covariate_shift(const Setting& setting);
Experiment inference_mode(const Setting& setting);
Experiment batch_sizes(const Setting& setting);
Experiment placement(const Setting& setting);
Experiment regularization(const Setting& setting);
Experiment dropout(const Setting& setting);
Experiment gamma_and_beta(const Setting& setting);
Experiment moving_averages(const Setting& setting);
Experiment fine_tuning(const Setting& setting);
Experiment schedules(const Setting& setting);
Experiment weight_scales(const Setting& setting);
Experiment smoothness(const Setting& setting);
Experiment folding(const Setting& setting);
Experiment convolutions(const Setting& setting);
Experiment convolution_batch_sizes(const Setting& setting);
Experiment residual_blocks(const Setting& setting);

/// All experiments, in the order of the course.
std::vector<Experiment> all_experiments(const Setting& setting);

}  // namespace study
