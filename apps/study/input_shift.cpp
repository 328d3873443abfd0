#include "input_shift.h"

#include "layer_values.h"
#include "statistics.h"

#include <cmath>

using namespace gradus;

namespace study {

std::optional<double> InputShift::operator()(const Tensor& x) {
  constexpr double tiny = 1e-12;  // makes the shift of a constant unit 0
  const Index units = x.shape()[1];
  std::vector<double> means;
  double sum = 0;
  for (Index unit = 0; unit < units; ++unit) {
    const Moments now = moments(unit_values(x, unit));
    means.push_back(now.mean);
    if (!means_.empty()) sum += std::abs(now.mean - means_[means.size() - 1]) / std::sqrt(now.variance + tiny);
  }
  const bool first = means_.empty();
  means_ = std::move(means);
  if (first) return std::nullopt;
  return sum / static_cast<double>(units);
}

}  // namespace study
