#pragma once

#include <span>
#include <vector>

namespace study {

/// The value below which a share (0 to 1) of the values lies, with linear interpolation as in NumPy. NaN, the result of
/// a diverged run, counts as larger than all numbers. Throws ValueError for no values and for a share out of range.
double percentile(std::span<const double> values, double share);

double median(std::span<const double> values);

/// The 25th, 50th and 75th percentile.
struct Quartiles {
  double low = 0;
  double median = 0;
  double high = 0;
};
Quartiles quartiles(std::span<const double> values);

/// Quartiles, or other bounds, at every position of a curve.
struct Band {
  std::vector<double> low;
  std::vector<double> median;
  std::vector<double> high;

  void push_back(const Quartiles& quartiles);
};

/// The quartiles of several series at every position. Throws ValueError for series of different lengths.
Band band(std::span<const std::vector<double>> series);

/// Mean and variance (divided by n).
struct Moments {
  double mean = 0;
  double variance = 0;
};
Moments moments(std::span<const double> values);

}  // namespace study
