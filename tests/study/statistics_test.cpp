#include "study/statistics.h"
#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace study;
using gradus::error_text;
using gradus::ValueError;

TEST_CASE("percentile: linear interpolation as in NumPy") {
  const std::vector<double> values{7, 1, 4, 2};  // numpy.percentile([1, 2, 4, 7], q)
  CHECK_EQ(percentile(values, 0), 1);
  CHECK_EQ(percentile(values, 0.15), doctest::Approx(1.45));
  CHECK_EQ(percentile(values, 0.25), doctest::Approx(1.75));
  CHECK_EQ(percentile(values, 0.5), doctest::Approx(3));
  CHECK_EQ(percentile(values, 0.85), doctest::Approx(5.65));
  CHECK_EQ(percentile(values, 1), 7);
  CHECK_EQ(percentile(std::vector<double>{3}, 0.85), 3);
}

TEST_CASE("percentile: NaN counts as the largest value") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{nan, 1, 2, 3, nan};
  CHECK_EQ(median(values), 3);
  CHECK(std::isnan(percentile(values, 0.75)));
  CHECK_EQ(percentile(values, 0.25), 2);
}

TEST_CASE("percentile: errors") {
  CHECK_EQ(error_text<ValueError>([] { percentile({}, 0.5); }), "[percentile] expected at least one value, got none");
  CHECK_EQ(error_text<ValueError>([] { percentile(std::vector<double>{1}, 15); }),
           "[percentile] expected a share from 0 to 1, got 15");
}

TEST_CASE("band: quartiles at every position") {
  const std::vector<std::vector<double>> series{{1, 10}, {2, 30}, {3, 20}, {4, 40}, {5, 50}};
  const Band result = band(series);
  CHECK_EQ(result.low, std::vector<double>{2, 20});
  CHECK_EQ(result.median, std::vector<double>{3, 30});
  CHECK_EQ(result.high, std::vector<double>{4, 40});
  CHECK_EQ(error_text<ValueError>([] {
             band(std::vector<std::vector<double>>{{1, 2}, {1}});
           }),
           "[band] expected series of the same length, got 2 and 1");
  CHECK_EQ(error_text<ValueError>([] { band({}); }), "[band] expected at least one series, got none");
}

TEST_CASE("moments: mean and biased variance") {
  const Moments result = moments(std::vector<double>{1, 2, 6});
  CHECK_EQ(result.mean, 3);
  CHECK_EQ(result.variance, doctest::Approx(14.0 / 3));
  CHECK_EQ(error_text<ValueError>([] { moments({}); }), "[moments] expected at least one value, got none");
}
