#include "study/axis.h"
#include "support/compare.h"

#include <gradus/core/check.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace study;

namespace {

/// The labels of an axis: "0 100 200".
std::string labels(const Axis& axis) {
  std::string text;
  for (const Tick& tick : axis.ticks) {
    if (!tick.label.empty()) text += (text.empty() ? "" : " ") + tick.label;
  }
  return text;
}

std::size_t minor_ticks(const Axis& axis) {
  return static_cast<std::size_t>(std::ranges::count(axis.ticks, "", &Tick::label));
}

}  // namespace

TEST_CASE("axis: linear labels are at multiples of 1, 2 or 5 times a power of ten") {
  CHECK_EQ(labels(linear_axis(0, 282)), "0 50 100 150 200 250");
  CHECK_EQ(labels(linear_axis(0, 10'000, false, 6)), "0 2000 4000 6000 8000 10000");
  CHECK_EQ(labels(linear_axis(0, 1500, false, 6)), "0 500 1000 1500");
  CHECK_EQ(labels(linear_axis(0.1, 0.5)), "0.1 0.2 0.3 0.4 0.5");
  CHECK_EQ(labels(linear_axis(-3, 3)), "-3 -2 -1 0 1 2 3");
  CHECK_EQ(labels(linear_axis(0.85, 1, true)), "85 % 90 % 95 % 100 %");
  CHECK_EQ(labels(linear_axis(1, 12)), "2 4 6 8 10 12");
  CHECK_EQ(linear_axis(0, 282).high, 282);
}

TEST_CASE("axis: a linear axis of data ends at labels") {
  const Axis errors = rounded_linear_axis(0, 0.512, true);
  CHECK_EQ(labels(errors), "0 % 10 % 20 % 30 % 40 % 50 % 60 %");
  CHECK_EQ(errors.high, doctest::Approx(0.6));
  CHECK_EQ(labels(rounded_linear_axis(0.313, 0.487)), "0.3 0.35 0.4 0.45 0.5");
  CHECK_EQ(labels(rounded_linear_axis(0.01, 5.99)), "0 1 2 3 4 5 6");
  CHECK_EQ(labels(rounded_linear_axis(4, 4)), "2 3 4 5 6");
  CHECK_EQ(labels(rounded_linear_axis(0, 0)), "-1 -0.5 0 0.5 1");
}

TEST_CASE("axis: a logarithmic axis has labels at 1, 2 and 5, or at powers of ten, and minor ticks") {
  CHECK_EQ(labels(logarithmic_axis(0.01, 1)), "0.01 0.02 0.05 0.1 0.2 0.5 1");
  CHECK_EQ(minor_ticks(logarithmic_axis(0.01, 1)), 12);
  CHECK_EQ(labels(logarithmic_axis(1e-4, 1)), "0.0001 0.001 0.01 0.1 1");
  CHECK_EQ(minor_ticks(logarithmic_axis(1e-4, 1)), 32);
  CHECK_EQ(labels(logarithmic_axis(1e-7, 1e-5)), "10^{-7} 2·10^{-7} 5·10^{-7} 10^{-6} 2·10^{-6} 5·10^{-6} 10^{-5}");
  CHECK_EQ(labels(logarithmic_axis(1e-5, 1)), "10^{-5} 10^{-4} 10^{-3} 10^{-2} 10^{-1} 10^{0}");
  CHECK_EQ(labels(logarithmic_axis(1e-20, 1e20)),
           "10^{-20} 10^{-16} 10^{-12} 10^{-8} 10^{-4} 10^{0} 10^{4} 10^{8} 10^{12} 10^{16} 10^{20}");
}

TEST_CASE("axis: a logarithmic axis of data ends at labels") {
  CHECK_EQ(labels(rounded_logarithmic_axis(0.6, 2.2)), "0.5 1 2 5");
  CHECK_EQ(labels(rounded_logarithmic_axis(0.11, 3.4)), "0.1 0.2 0.5 1 2 5");
  CHECK_EQ(labels(rounded_logarithmic_axis(0.0042, 3)), "0.001 0.01 0.1 1 10");
  CHECK_EQ(labels(rounded_logarithmic_axis(1, 1)), "0.5 1 2");
  CHECK_EQ(labels(rounded_logarithmic_axis(0.2, 0.5)), "0.2 0.5");
}

TEST_CASE("axis: ranges that no axis can show") {
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_EQ(gradus::error_text<gradus::ValueError>([] { linear_axis(1, 1); }),
           "[axis] expected a range from low to high, got 1 to 1");
  CHECK_EQ(gradus::error_text<gradus::ValueError>([&] { rounded_linear_axis(0, infinite); }),
           "[axis] expected a range from low to high, got 0 to inf");
  CHECK_EQ(gradus::error_text<gradus::ValueError>([] { logarithmic_axis(0, 1); }),
           "[axis] expected a range of positive numbers for a logarithmic axis, got 0 to 1");
  CHECK_EQ(gradus::error_text<gradus::ValueError>([] { rounded_logarithmic_axis(-1, 1); }),
           "[axis] expected a range of positive numbers for a logarithmic axis, got -1 to 1");
}
