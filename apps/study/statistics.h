#pragma once

#include <span>
#include <vector>

namespace study {

/// The number below which this share of the values lies, 0 to 1: between neighbours on a line, as NumPy's default. NaN,
/// which is what a diverged run measures, counts as larger than all numbers; the result is NaN where it reaches there.
/// Throws ValueError for no values and for another share.
double percentile(std::span<const double> values, double share);

double median(std::span<const double> values);

/// Half of the values lie between low and high.
struct Quartiles {
  double low = 0;
  double median = 0;
  double high = 0;
};
Quartiles quartiles(std::span<const double> values);

/// Quartiles, or other limits around a middle, at every position of a curve.
struct Band {
  std::vector<double> low;
  std::vector<double> median;
  std::vector<double> high;

  void push_back(const Quartiles& quartiles);
};

/// The quartiles over several series of equal length, position by position. Throws ValueError for unequal lengths.
Band band(std::span<const std::vector<double>> series);

/// Mean and variance (divided by n).
struct Moments {
  double mean = 0;
  double variance = 0;
};
Moments moments(std::span<const double> values);

}  // namespace study
