#include <gradus/data/toy/toy.h>

#include <gradus/data/shuffle.h>

#include <cmath>
#include <numbers>
#include <numeric>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr double turn = 2 * std::numbers::pi;

struct Point {
  double x;
  double y;
  Index label;
};

void check_range(const char* set, const char* option, double value, double min, double max) {
  check(value >= min && value <= max, "[{}] expected {} from {} to {}, got {}", set, option, min, max, value);
}

/// Points of the groups in turn: point_at(group, t), t evenly spaced in (0, 1).
template <class Options, class PointAt>
Dataset scatter(const char* set, const Options& options, Index groups, Index classes, const PointAt& point_at) {
  check_range(set, "classes", static_cast<double>(classes), 2, 100);
  check_range(set, "samples", static_cast<double>(options.samples), static_cast<double>(groups), 1e7);
  check_range(set, "noise", options.noise, 0, 100);
  Generator generator(options.seed);
  std::vector<Index> order(static_cast<std::size_t>(options.samples));
  std::iota(order.begin(), order.end(), Index{0});
  shuffle(order, generator);
  Tensor inputs = Tensor::empty({options.samples, 2});
  Tensor labels = Tensor::empty({options.samples});
  for (Index row = 0; row < options.samples; ++row) {
    const Index i = order[static_cast<std::size_t>(row)];
    const Index members = (options.samples - i % groups + groups - 1) / groups;
    const Point point = point_at(i % groups, (static_cast<double>(i / groups) + 0.5) / static_cast<double>(members));
    inputs.data()[2 * row] = static_cast<Real>(point.x + options.noise * generator.normal());
    inputs.data()[2 * row + 1] = static_cast<Real>(point.y + options.noise * generator.normal());
    labels.data()[row] = static_cast<Real>(point.label);
  }
  return {inputs, labels, classes};
}

}  // namespace

Dataset spirals(const SpiralsOptions& options) {
  check(options.turns > 0 && options.turns <= 100, "[spirals] expected turns above 0 and at most 100, got {}",
        options.turns);
  return scatter("spirals", options, options.classes, options.classes, [&](Index arm, double t) -> Point {
    const double angle = turn * (static_cast<double>(arm) / static_cast<double>(options.classes) + options.turns * t);
    return {t * std::cos(angle), t * std::sin(angle), arm};
  });
}

Dataset moons(const MoonsOptions& options) {
  return scatter("moons", options, 2, 2, [](Index moon, double t) -> Point {
    const double x = std::cos(turn / 2 * t);
    const double y = std::sin(turn / 2 * t);
    return moon == 0 ? Point{x, y, 0} : Point{1 - x, 0.5 - y, 1};
  });
}

Dataset blobs(const BlobsOptions& options) {
  return scatter("blobs", options, options.classes, options.classes, [&](Index blob, double) -> Point {
    const double angle = turn * static_cast<double>(blob) / static_cast<double>(options.classes);
    return {std::cos(angle), std::sin(angle), blob};
  });
}

Dataset xor_points(const XorOptions& options) {
  return scatter("xor_points", options, 4, 2, [](Index corner, double) -> Point {
    const Index x = corner % 2;
    const Index y = corner / 2;
    return {static_cast<double>(x), static_cast<double>(y), x ^ y};
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
