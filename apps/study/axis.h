#pragma once

#include <string>
#include <vector>

namespace study {

/// A mark of an axis. Minor marks have no label.
struct Tick {
  double at = 0;
  std::string label;
};

struct Axis {
  double low = 0;
  double high = 1;
  std::vector<Tick> ticks;  ///< from low to high
};

/// An axis from `low` to `high` with at most `max_labels` labels, whose distance is 1, 2 or 5 times a power of ten.
/// `percent` writes shares as percentages.
Axis linear_axis(double low, double high, bool percent = false, int max_labels = 7);

/// A logarithmic axis with labels at 1, 2 and 5 times the powers of ten (up to two decades), at the powers of ten, or
/// at every second, third, ... of them if there are more than ten; minor ticks are between them. Throws ValueError if
/// `low` is not above 0.
Axis logarithmic_axis(double low, double high);

/// Moves both ends outwards to a labelled tick: for axes whose range comes from data. An empty range is widened first.
Axis rounded_linear_axis(double low, double high, bool percent = false, int max_labels = 7);
Axis rounded_logarithmic_axis(double low, double high);

}  // namespace study
