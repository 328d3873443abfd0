#include <gradus/data/toy/toy.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>

using namespace gradus;

namespace {

/// Calls visit(class, x, y) for every point.
template <class Visit>
void for_points(const Dataset& data, const Visit& visit) {
  const Batch all = data.batch();
  for (Index i = 0; i < data.size(); ++i) {
    visit(static_cast<Index>(all.labels.at({i})), static_cast<double>(all.inputs.at({i, 0})),
          static_cast<double>(all.inputs.at({i, 1})));
  }
}

bool equal(const Dataset& a, const Dataset& b) {
  return same_bits(a.batch().inputs, b.batch().inputs) && same_bits(a.batch().labels, b.batch().labels);
}

/// Whether neighbors have the same class about as often as in a random order, within 5 standard deviations.
bool is_shuffled(const Dataset& data) {
  const Batch all = data.batch();
  double same = 0;
  for (Index i = 1; i < data.size(); ++i) same += all.labels.at({i}) == all.labels.at({i - 1});
  const double expected = static_cast<double>(data.size()) / static_cast<double>(data.classes());
  return std::abs(same - expected) < 5 * std::sqrt(expected);
}

constexpr double pi = std::numbers::pi;

}  // namespace

TEST_CASE("toy: shapes, equally frequent classes, random order, same points for the same seed") {
  const auto check_set = [](const auto& make) {
    const Dataset data = make(1);
    CHECK_EQ(data.size(), 600);
    CHECK_EQ(data.sample_shape(), Shape{2});
    std::map<Index, Index> frequency;
    for_points(data, [&](Index label, double, double) { ++frequency[label]; });
    for (Index label = 0; label < data.classes(); ++label) CHECK_EQ(frequency[label], 600 / data.classes());
    CHECK(is_shuffled(data));
    CHECK(equal(make(1), data));
    CHECK_FALSE(equal(make(2), data));
  };
  using Seed = std::uint64_t;
  check_set([](Seed seed) { return spirals({.samples = 600, .classes = 4, .seed = seed}); });
  check_set([](Seed seed) { return moons({.samples = 600, .seed = seed}); });
  check_set([](Seed seed) { return blobs({.samples = 600, .classes = 5, .seed = seed}); });
  check_set([](Seed seed) { return xor_points({.samples = 600, .noise = 0.1, .seed = seed}); });
}

TEST_CASE("toy: points without noise lie on their curves") {
  double max_radius = 0;
  for_points(spirals({.samples = 30, .classes = 3, .turns = 0.5, .noise = 0}), [&](Index arm, double x, double y) {
    const double t = std::hypot(x, y);
    const double angle = 2 * pi * (static_cast<double>(arm) / 3 + 0.5 * t);
    CHECK(std::abs(x - t * std::cos(angle)) < 1e-6);
    CHECK(std::abs(y - t * std::sin(angle)) < 1e-6);
    max_radius = std::max(max_radius, t);
  });
  CHECK(std::abs(max_radius - 0.95) < 1e-6);  // the center of the last of ten intervals
  for_points(moons({.samples = 20, .noise = 0}), [](Index moon, double x, double y) {
    if (moon == 1) {
      x = 1 - x;
      y = 0.5 - y;
    }
    CHECK(std::abs(std::hypot(x, y) - 1) < 1e-6);
    CHECK(y > 0);
  });
  for_points(blobs({.samples = 8, .classes = 4, .noise = 0}), [](Index blob, double x, double y) {
    CHECK(std::abs(x - std::cos(pi / 2 * static_cast<double>(blob))) < 1e-6);
    CHECK(std::abs(y - std::sin(pi / 2 * static_cast<double>(blob))) < 1e-6);
  });
  std::map<std::pair<double, double>, Index> corners;
  for_points(xor_points(), [&](Index label, double x, double y) { corners[{x, y}] = label; });
  CHECK_EQ(corners, std::map<std::pair<double, double>, Index>{{{0, 0}, 0}, {{0, 1}, 1}, {{1, 0}, 1}, {{1, 1}, 0}});
}

TEST_CASE("toy: the standard deviation of the noise, in both coordinates") {
  double x_squares = 0;
  double y_squares = 0;
  double products = 0;
  const Index count = 10'000;
  for_points(xor_points({.samples = count, .noise = 0.05}), [&](Index, double x, double y) {
    x -= std::round(x);
    y -= std::round(y);
    x_squares += x * x;
    y_squares += y * y;
    products += x * y;
  });
  const auto n = static_cast<double>(count);
  CHECK(std::abs(std::sqrt(x_squares / n) - 0.05) < 0.05 * 4 / std::sqrt(2 * n));
  CHECK(std::abs(std::sqrt(y_squares / n) - 0.05) < 0.05 * 4 / std::sqrt(2 * n));
  CHECK(std::abs(products / n) < 0.05 * 0.05 * 4 / std::sqrt(n));
}

TEST_CASE("toy: bad options") {
  const auto text = [](const auto& make) { return error_text<ValueError>(make); };
  CHECK_EQ(text([] { spirals({.samples = 2}); }), "[spirals] expected samples from 3 to 10000000, got 2");
  CHECK_EQ(text([] { spirals({.samples = 20'000'000}); }),
           "[spirals] expected samples from 3 to 10000000, got 20000000");
  CHECK_EQ(text([] { spirals({.classes = 1}); }), "[spirals] expected classes from 2 to 100, got 1");
  CHECK_EQ(text([] { spirals({.turns = 0}); }), "[spirals] expected turns above 0 and at most 100, got 0");
  CHECK_EQ(text([] { spirals({.noise = -0.1}); }), "[spirals] expected noise from 0 to 100, got -0.1");
  CHECK_EQ(text([] { moons({.samples = 1}); }), "[moons] expected samples from 2 to 10000000, got 1");
  CHECK_EQ(text([] { moons({.noise = std::numeric_limits<double>::quiet_NaN()}); }),
           "[moons] expected noise from 0 to 100, got nan");
  CHECK_EQ(text([] { blobs({.classes = 101}); }), "[blobs] expected classes from 2 to 100, got 101");
  CHECK_EQ(text([] { blobs({.noise = 101}); }), "[blobs] expected noise from 0 to 100, got 101");
  CHECK_EQ(text([] { xor_points({.samples = 3}); }), "[xor_points] expected samples from 4 to 10000000, got 3");
}
