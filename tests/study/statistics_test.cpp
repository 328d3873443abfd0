#include "study/statistics.h"
#include "support/compare.h"

#include <gradus/core/random.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

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

TEST_CASE("value at: interpolated where the series first falls to the level") {
  const std::vector<double> x{4, 2, 3, 1};
  const std::vector<double> y{0, 10, 20, 30};
  CHECK_EQ(value_at(x, y, 3), doctest::Approx(5));
  CHECK_EQ(value_at(x, y, 2), doctest::Approx(10));
  CHECK_EQ(value_at(x, y, 1.5), doctest::Approx(27.5));
  CHECK_EQ(value_at(x, y, 5), 0);
  CHECK(std::isnan(value_at(x, y, 0.5)));
  CHECK_EQ(error_text<ValueError>([&] { value_at(x, std::vector<double>{1}, 2); }),
           "[value_at] expected series of the same length, got 4 and 1");
}

namespace {

/// The shares of the studies in which n differences are called negative, unclear and positive.
std::map<Sign, double> simulate(int n, double (*draw)(gradus::Generator&), int studies) {
  gradus::Generator generator(n);
  std::map<Sign, double> shares;
  for (int study = 0; study < studies; ++study) {
    std::vector<double> differences;
    for (int i = 0; i < n; ++i) differences.push_back(draw(generator));
    shares[sign_of(differences)] += 1.0 / studies;
  }
  return shares;
}

// Noise: bell-shaped, accuracies in steps of 0.1 %, runs that learn or do not, and some runs far off.
double bell(gradus::Generator& g) { return g.normal(); }
double steps(gradus::Generator& g) { return std::round(5 * g.normal()) / 1000; }
double two_values(gradus::Generator& g) { return g.uniform() < 0.5 ? -0.82 : 0.82; }
double far_off(gradus::Generator& g) { return g.normal() / std::max(std::abs(g.normal()), 1e-9); }

}  // namespace

TEST_CASE("sign: by chance in at most 5 % of the studies that have nothing but noise") {
  const auto check = [](int n, double (*draw)(gradus::Generator&), int studies) {
    std::map<Sign, double> shares = simulate(n, draw, studies);
    const double deviations = 3 / std::sqrt(studies);  // three standard deviations of a share, for a variance of 1
    CHECK_LE(shares[Sign::positive] + shares[Sign::negative], 0.05 + deviations * std::sqrt(0.05 * 0.95));
    CHECK_LE(shares[Sign::positive], 0.025 + deviations * std::sqrt(0.025 * 0.975));
    CHECK_LE(shares[Sign::negative], 0.025 + deviations * std::sqrt(0.025 * 0.975));
    if (n < min_pairs) CHECK_EQ(shares[Sign::unclear], doctest::Approx(1));
  };
  for (const auto draw : {bell, steps, two_values, far_off}) {
    for (const int n : {1, 5, 6, 7, 8, 10}) check(n, draw, 4000);
    check(19, draw, 400);
  }
  CHECK_GE(simulate(8, bell, 4000)[Sign::positive], 0.015);  // the level is used
}

TEST_CASE("sign: clear effects are found, in the right direction") {
  const auto up = [](gradus::Generator& g) { return 3 + g.normal(); };
  const auto down = [](gradus::Generator& g) { return -3 + g.normal(); };
  CHECK_GE(simulate(6, up, 1000)[Sign::positive], 0.98);
  CHECK_GE(simulate(8, up, 1000)[Sign::positive], 0.99);
  CHECK_GE(simulate(8, down, 1000)[Sign::negative], 0.99);
  const auto small = [](gradus::Generator& g) { return 0.75 + g.normal(); };
  CHECK_GE(simulate(40, small, 100)[Sign::positive], 0.95);
}

TEST_CASE("sign: counted by hand") {
  CHECK(sign_of(std::vector<double>{1, 1, 1, 1, 1, 1}) == Sign::positive);  // 1 of 64
  CHECK(sign_of(std::vector<double>{-1, -1, -1, -1, -1, -1}) == Sign::negative);
  CHECK(sign_of(std::vector<double>{9, 9, 9, 9, 9, -0.1}) == Sign::unclear);  // 2 of 64
  CHECK(sign_of(std::vector<double>{9, 9, 9, 9, 9, 0}) == Sign::unclear);
  CHECK(sign_of(std::vector<double>{9, 9, 9, 9, 9, 9, 9, -1}) == Sign::positive);  // 2 of 256
  CHECK(sign_of(std::vector<double>{9, 9, 9, 9, 9, 9, 9, -9}) == Sign::unclear);   // 9 of 256
  CHECK(sign_of(std::vector<double>(6, 0)) == Sign::unclear);
  CHECK(sign_of(std::vector<double>{1, 1, 1, 1, 1, 1, 1, std::nan("")}) == Sign::unclear);
}

TEST_CASE("pairs needed: that many have a sign in about 80 % of the studies") {
  // Exactly mean 0.5 and standard deviation 1: (2.8 / 0.5)^2 = 31.4.
  const double d = std::sqrt(0.75);
  CHECK_EQ(pairs_needed(std::vector<double>{0.5 - d, 0.5 - d, 0.5 + d, 0.5 + d}), 32);
  const auto draw = [](gradus::Generator& g) { return 0.5 + g.normal(); };
  const double share = simulate(32, draw, 400)[Sign::positive];
  CHECK_GE(share, 0.72);
  CHECK_LE(share, 0.88);
  CHECK_EQ(pairs_needed(std::vector<double>{5, 5.1}), min_pairs);
  CHECK_FALSE(pairs_needed(std::vector<double>{1, -1}).has_value());
  CHECK_FALSE(pairs_needed(std::vector<double>{1}).has_value());
  CHECK_FALSE(pairs_needed(std::vector<double>{1, std::nan("")}).has_value());
}
