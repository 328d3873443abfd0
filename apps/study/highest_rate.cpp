#include "highest_rate.h"

#include <gradus/core/check.h>

namespace study {

namespace {

/// For each seed the number of the highest rate that reaches the target, from 1 on; 0 if none does.
std::vector<double> highest_rate(const Results& results, const std::string& norm, const std::vector<double>& rates,
                                 double target) {
  std::vector<double> found;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const auto reached = results.each({{"norm", norm}, {"rate", number(rates[i])}}, "test accuracy");
    found.resize(reached.size());
    for (std::size_t seed = 0; seed < reached.size(); ++seed) {
      if (reached[seed] >= target) found[seed] = static_cast<double>(i + 1);
    }
  }
  return found;
}

}  // namespace

Criterion highest_rate_is_higher(const std::vector<double>& rates, double target) {
  const auto name = [rates](const std::vector<double>& numbers) {
    const auto middle = static_cast<std::size_t>(median(numbers));
    return middle == 0 ? "none" : number(rates[middle - 1]);
  };
  return {fmt::format("the highest rate that reaches {} is higher with batch normalization", percent(target)),
          [=](const Results& results) {
            const std::vector<double> with = highest_rate(results, "batch", rates, target);
            const std::vector<double> without = highest_rate(results, "none", rates, target);
            Evidence evidence = higher(with, without, number);
            evidence.observed = fmt::format("{} with, {} without", name(with), name(without));
            return evidence;
          }};
}

}  // namespace study
