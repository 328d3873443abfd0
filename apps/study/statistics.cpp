#include "statistics.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace study {

namespace {

bool less(double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; }

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

/// The shares of the sums with random signs that are at least as high, and at least as low, as the sum.
struct Tails {
  double high = 0;
  double low = 0;
};

Tails tails(std::span<const double> differences) {
  constexpr std::size_t max_counted = 12;
  constexpr std::size_t drawn = 10'000;
  constexpr std::size_t word = 64;
  const std::size_t n = differences.size();
  const std::size_t choices = n <= max_counted ? std::size_t{1} << n : drawn;
  double sum = 0;
  double size = 0;
  for (const double d : differences) {
    sum += d;
    size += std::abs(d);
  }
  const double rounding = 1e-12 * size;
  std::mt19937_64 random;
  std::size_t high = 0;
  std::size_t low = 0;
  for (std::size_t choice = 0; choice < choices; ++choice) {
    std::uint64_t signs = choice;  // the first one leaves all signs as they are
    double other = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (n > max_counted && choice > 0 && i % word == 0) signs = random();
      other += (signs >> i % word & 1) == 0 ? differences[i] : -differences[i];
    }
    high += other >= sum - rounding ? 1 : 0;
    low += other <= sum + rounding ? 1 : 0;
  }
  const auto count = static_cast<double>(choices);
  return {static_cast<double>(high) / count, static_cast<double>(low) / count};
}

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

double value_at(std::span<const double> x, std::span<const double> y, double level) {
  gradus::check(x.size() == y.size(), "[value_at] expected series of the same length, got {} and {}", x.size(),
                y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] <= level)) continue;
    if (i == 0) return y[0];
    const double part = (x[i - 1] - level) / (x[i - 1] - x[i]);
    return y[i - 1] + part * (y[i] - y[i - 1]);
  }
  return std::numeric_limits<double>::quiet_NaN();
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

Sign sign_of(std::span<const double> differences) {
  constexpr double level = 0.025;  // of each side
  if (!all_finite(differences)) return Sign::unclear;
  const auto [high, low] = tails(differences);
  if (high <= level) return Sign::positive;
  if (low <= level) return Sign::negative;
  return Sign::unclear;
}

std::optional<double> pairs_needed(std::span<const double> differences) {
  constexpr double quantiles = 1.96 + 0.84;  // of the normal distribution, at 97.5 % and 80 %
  if (differences.size() < 2 || !all_finite(differences)) return std::nullopt;
  const auto n = static_cast<double>(differences.size());
  const Moments m = moments(differences);
  if (m.mean == 0) return std::nullopt;
  const double variance = m.variance * n / (n - 1);
  return std::max<double>(min_pairs, std::ceil(quantiles * quantiles * variance / (m.mean * m.mean)));
}

}  // namespace study
