#include "experiments.h"

namespace study {

std::vector<Experiment> all_experiments(const Setting& setting) {
  std::vector<Experiment> all;
  for (const auto& make : {convergence, learning_rates, gradients, weight_scales, smoothness})
    all.push_back(make(setting));
  return all;
}

}  // namespace study
