#include "experiments.h"

namespace study {

std::vector<Experiment> all_experiments(const Setting& setting) {
  std::vector<Experiment> all;
  for (const auto& make : {convergence, smoothness}) all.push_back(make(setting));
  return all;
}

}  // namespace study
