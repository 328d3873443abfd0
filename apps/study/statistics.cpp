#include "statistics.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>

namespace study {

namespace {

bool less(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

}  // namespace

double percentile(std::span<const double> values, double share) {
  gradus::check(!values.empty(), "[percentile] expected at least one value, got none");
  gradus::check(share >= 0 && share <= 1, "[percentile] expected a share from 0 to 1, got {}", share);
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted, less);
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double rest = position - static_cast<double>(below);
  return rest == 0 ? sorted[below] : sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

double median(std::span<const double> values) { return percentile(values, 0.5); }

Quartiles quartiles(std::span<const double> values) {
  return {percentile(values, 0.25), median(values), percentile(values, 0.75)};
}

void Band::push_back(const Quartiles& quartiles) {
  low.push_back(quartiles.low);
  median.push_back(quartiles.median);
  high.push_back(quartiles.high);
}

Band band(std::span<const std::vector<double>> series) {
  gradus::check(!series.empty(), "[band] expected at least one series, got none");
  Band result;
  for (std::size_t i = 0; i < series[0].size(); ++i) {
    std::vector<double> values;
    for (const std::vector<double>& one : series) {
      gradus::check(one.size() == series[0].size(), "[band] expected series of the same length, got {} and {}",
                    series[0].size(), one.size());
      values.push_back(one[i]);
    }
    result.push_back(quartiles(values));
  }
  return result;
}

Moments moments(std::span<const double> values) {
  gradus::check(!values.empty(), "[moments] expected at least one value, got none");
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, squares / n};
}

}  // namespace study
