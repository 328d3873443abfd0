#pragma once

#include <optional>
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

/// The value of y where x first falls to a level, with linear interpolation. NaN if x does not get so low.
/// Throws ValueError for series of different lengths.
double value_at(std::span<const double> x, std::span<const double> y, double level);

/// Mean and variance (divided by n).
struct Moments {
  double mean = 0;
  double variance = 0;
};
Moments moments(std::span<const double> values);

/// The sign of paired differences, one per seed.
enum class Sign { negative, unclear, positive };

/// The fewest differences that can have a sign: with 5, two of the 32 choices of signs are 6 %.
constexpr int min_pairs = 6;

/// The sign of the mean, if it is more than chance: with signs drawn at random, at most 2.5 % of the sums are as high
/// (or as low) as the sum of these differences (Fisher's randomization test of pairs). Differences that are noise
/// around 0, of any symmetric distribution, are called positive or negative with a probability of at most 5 %. Up to 12
/// differences all choices of signs are counted, above 10,000, always the same. Unclear if a difference is not finite.
Sign sign_of(std::span<const double> differences);

/// The number of differences at which ones like these have a sign with a probability of about 80 %: ((1.96 + 0.84) s /
/// m)^2 with their mean m and standard deviation s, at least `min_pairs`. Nothing for fewer than two, for a mean of 0,
/// and if one is not finite.
std::optional<double> pairs_needed(std::span<const double> differences);

}  // namespace study
