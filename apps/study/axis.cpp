#include "axis.h"

#include <gradus/core/check.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace study {

namespace {

constexpr double rounding = 1e-9;  // of a quotient of two doubles

/// The first of 1, 2 and 5 times a power of ten that is at least `distance`.
double round_distance(double distance) {
  const double power = std::pow(10, std::floor(std::log10(distance) + rounding));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= distance * (1 - rounding)) return factor * power;
  }
  return 10 * power;
}

double distance_of_labels(double low, double high, int max_labels) {
  gradus::check(low < high && std::isfinite(high - low), "[axis] expected a range from low to high, got {} to {}", low,
                high);
  return round_distance((high - low) / (max_labels - 1));
}

Axis linear(double low, double high, double distance, bool percent) {
  Axis axis{low, high, {}};
  for (double i = std::ceil(low / distance - rounding); i <= std::floor(high / distance + rounding); ++i) {
    const double at = i * distance + 0.0;  // no -0
    axis.ticks.push_back({at, percent ? fmt::format("{:.6g} %", 100 * at) : fmt::format("{:.6g}", at)});
  }
  return axis;
}

bool is_labelled(int factor, bool with_2_and_5) {
  return factor == 1 || (with_2_and_5 && (factor == 2 || factor == 5));
}

/// Powers of ten between two numbers.
double decades(double low, double high) { return std::log10(high / low); }

/// Room for labels at 2 and 5 times the powers of ten.
bool is_narrow(double low, double high) { return decades(low, high) <= 2 + rounding; }

/// Written as a decimal, or as a power in gnuplot's enhanced text.
std::string label(int factor, int exponent, bool as_power) {
  if (!as_power) return fmt::format("{:g}", factor * std::pow(10, exponent));
  return fmt::format("{}10^{{{}}}", factor == 1 ? "" : fmt::format("{}·", factor), exponent);
}

Axis logarithmic(double low, double high, bool narrow) {
  constexpr int max_powers = 10;
  const int every = static_cast<int>(std::ceil(decades(low, high) / max_powers));  // powers per label
  const bool as_powers = low < 1e-4 * (1 - rounding) || high > 1e5;                // decimals would have many zeros
  Axis axis{low, high, {}};
  for (int exponent = static_cast<int>(std::floor(std::log10(low) - rounding)); exponent <= std::log10(high) + rounding;
       ++exponent) {
    for (int factor = 1; factor <= (every > 1 ? 1 : 9); ++factor) {
      const double at = factor * std::pow(10, exponent);
      if (at < low * (1 - rounding) || at > high * (1 + rounding)) continue;
      const bool labelled = is_labelled(factor, narrow) && exponent % every == 0;
      axis.ticks.push_back({at, labelled ? label(factor, exponent, as_powers) : ""});
    }
  }
  return axis;
}

}  // namespace

Axis linear_axis(double low, double high, bool percent, int max_labels) {
  return linear(low, high, distance_of_labels(low, high, max_labels), percent);
}

Axis logarithmic_axis(double low, double high) {
  gradus::check(low > 0 && low < high && std::isfinite(high),
                "[axis] expected a range of positive numbers for a logarithmic axis, got {} to {}", low, high);
  return logarithmic(low, high, is_narrow(low, high));
}

Axis rounded_linear_axis(double low, double high, bool percent, int max_labels) {
  if (low == high) {
    const double half = low == 0 ? 1 : std::abs(low) / 2;
    return rounded_linear_axis(low - half, high + half, percent, max_labels);
  }
  const double distance = distance_of_labels(low, high, max_labels);
  return linear(distance * std::floor(low / distance + rounding), distance * std::ceil(high / distance - rounding),
                distance, percent);
}

Axis rounded_logarithmic_axis(double low, double high) {
  gradus::check(low > 0 && low <= high && std::isfinite(high),
                "[axis] expected a range of positive numbers for a logarithmic axis, got {} to {}", low, high);
  if (low == high) return rounded_logarithmic_axis(low / 2, high * 2);
  const bool narrow = is_narrow(low, high);
  // The labelled number next to x: at or below it, or at or above it.
  const auto outwards = [&](double x, bool up) {
    const double power = std::pow(10, std::floor(std::log10(x) + rounding));
    std::vector<double> labelled{power, 10 * power};
    if (narrow) labelled = {power, 2 * power, 5 * power, 10 * power};
    if (up) return *std::ranges::find_if(labelled, [&](double at) { return at >= x * (1 - rounding); });
    return *std::find_if(labelled.rbegin(), labelled.rend(), [&](double at) { return at <= x * (1 + rounding); });
  };
  return logarithmic(outwards(low, false), outwards(high, true), narrow);
}

}  // namespace study
