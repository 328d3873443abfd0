#include "experiments.h"

namespace study {

std::vector<Experiment> all_experiments(const Setting& setting) {
  std::vector<Experiment> all;
  for (const auto& make :
       {convergence, learning_rates, gradients, internal_covariate_shift, inference_mode, batch_sizes, placement,
        regularization, dropout, gamma_and_beta, moving_averages, fine_tuning, schedules, weight_scales, smoothness,
        folding, convolutions, convolution_batch_sizes, residual_blocks}) {
    all.push_back(make(setting));
  }
  return all;
}

}  // namespace study
