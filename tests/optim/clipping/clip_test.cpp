#include <gradus/core/parallel.h>
#include <gradus/optim/clipping/clip.h>

#include "optim/parameter_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gradus;

namespace {

double norm_of(const std::vector<Real>& values) {
  double sum = 0;
  for (const Real value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("clip_by_global_norm: scales all gradients by one factor, and no values") {
  const ParameterList list({{40, 30}, {30}, {}, {0, 2}, {30, 10}});
  const auto values = list.values();
  const auto gradients = list.gradients();
  const double norm = norm_of(gradients);
  CHECK_EQ(clip_by_global_norm(list.all(), 2.5), doctest::Approx(norm).epsilon(1e-14));
  const Real scale = static_cast<Real>(2.5 / norm);
  for (std::size_t i = 0; i < gradients.size(); ++i) CHECK_EQ(list.gradients()[i], gradients[i] * scale);
  CHECK(list.values() == values);
}

TEST_CASE("clip_by_global_norm: a norm up to max_norm changes no bit") {
  const ParameterList list({{4, 3}, {3}});
  const auto gradients = list.gradients();
  const double norm = clip_by_global_norm(list.all(), std::numeric_limits<double>::infinity());
  CHECK_EQ(clip_by_global_norm(list.all(), norm), norm);
  CHECK(list.gradients() == gradients);
}

TEST_CASE("clip_by_global_norm: frozen parameters are not counted and not changed") {
  const ParameterList list({{4, 3}, {3}});
  list[1].gradient().fill(100);
  list[1].set_trainable(false);
  CHECK_LT(clip_by_global_norm(list.all(), 0.5), 10);
  CHECK_EQ(list[1].gradient().values()[0], 100);
  CHECK_EQ(clip_by_global_norm(list.all(), 0.5), doctest::Approx(0.5).epsilon(1e-6));
}

TEST_CASE("clip_by_global_norm: a norm that is not finite is returned and scales no gradient") {
  for (const Real bad : {std::numeric_limits<Real>::quiet_NaN(), std::numeric_limits<Real>::infinity()}) {
    ParameterList list({{4, 3}, {3}});
    list[0].gradient().data()[5] = bad;
    const Real before = list[1].gradient().values()[0];
    CHECK_FALSE(std::isfinite(clip_by_global_norm(list.all(), 0.5)));
    CHECK_EQ(list[1].gradient().values()[0], before);
  }
  ParameterList list({{3, 3}});
  list[0].gradient().fill(std::numeric_limits<float>::max());  // its square is infinite in float, not in double
  CHECK_EQ(clip_by_global_norm(list.all(), 3), doctest::Approx(3.0 * std::numeric_limits<float>::max()));
  CHECK_EQ(list[0].gradient().values()[0], doctest::Approx(1));
}

TEST_CASE("clip_by_global_norm: the same bits for any number of threads") {
  const int before = threads();
  const std::vector<Shape> shapes = {{701, 300}, {300}, {300, 700}, {7}};
  double first_norm = 0;
  std::vector<Real> first;
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    ParameterList list(shapes);
    const double norm = clip_by_global_norm(list.all(), 1);
    if (first.empty()) {
      first_norm = norm;
      first = list.gradients();
      CHECK_EQ(norm_of(first), doctest::Approx(1).epsilon(1e-6));
    }
    CHECK_EQ(norm, first_norm);
    CHECK(list.gradients() == first);
  }
  set_threads(before);
}

TEST_CASE("clip_by_global_norm: the norm of no parameters is 0") { CHECK_EQ(clip_by_global_norm(Parameters(), 1), 0); }

TEST_CASE("clip_by_global_norm: errors") {
  const ParameterList list({{2, 2}});
  CHECK_THROWS_WITH_AS(clip_by_global_norm(list.all(), 0), "[clip_by_global_norm] expected a norm above 0, got 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(clip_by_global_norm(list.all(), -1), "[clip_by_global_norm] expected a norm above 0, got -1",
                       ValueError);
  CHECK_THROWS_WITH_AS(clip_by_global_norm(list.all(), std::numeric_limits<double>::quiet_NaN()),
                       "[clip_by_global_norm] expected a norm above 0, got nan", ValueError);
  list[0].gradient() = Tensor::ones({3});
  CHECK_THROWS_WITH_AS(clip_by_global_norm(list.all(), 1),
                       "[clip_by_global_norm] expected a gradient of shape (2, 2) for 'p0', got (3,)", ShapeError);
}

TEST_CASE("clip_by_norm: each gradient by its norm, except small, frozen and infinite ones") {
  ParameterList list(std::vector<Shape>{{2}, {2}, {2}, {2}, {}});
  const auto set = [&](std::size_t i, Real a, Real b) { list[i].set_gradient(Tensor::from({a, b})); };
  set(0, 3, 4);
  set(1, 0.3f, 0.4f);
  set(2, 30, 40);
  list[2].set_trainable(false);
  set(3, std::numeric_limits<Real>::infinity(), 1);
  list[4].gradient().fill(-5);
  clip_by_norm(list.all(), 2.5);
  CHECK(list.gradients() ==
        std::vector<Real>{1.5, 2, 0.3f, 0.4f, 30, 40, std::numeric_limits<Real>::infinity(), 1, -2.5});
}

TEST_CASE("clip_by_value: each element; NaN and frozen gradients are unchanged") {
  ParameterList list(std::vector<Shape>{{5}, {2}});
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Real infinity = std::numeric_limits<Real>::infinity();
  list[0].set_gradient(Tensor::from({3, -0.25, -3, -infinity, nan}));
  list[1].gradient().fill(7);
  list[1].set_trainable(false);
  clip_by_value(list.all(), 0.5);
  const auto clipped = list.gradients();
  CHECK(std::vector<Real>(clipped.begin(), clipped.begin() + 4) == std::vector<Real>{0.5, -0.25, -0.5, -0.5});
  CHECK(std::isnan(clipped[4]));
  CHECK_EQ(clipped[5], 7);
}

TEST_CASE("clip_by_value: large parameters, cut into chunks") {
  const ParameterList list({{301, 200}, {37}});
  auto expected = list.gradients();
  for (Real& g : expected) g = std::min(std::max(g, Real(-0.5)), Real(0.5));
  clip_by_value(list.all(), 0.5);
  CHECK(list.gradients() == expected);
}

TEST_CASE("clip_by_norm, clip_by_value: errors") {
  const ParameterList list({{2, 2}, {2}});
  const auto before = list.gradients();
  CHECK_THROWS_WITH_AS(clip_by_norm(list.all(), 0), "[clip_by_norm] expected a norm above 0, got 0", ValueError);
  CHECK_THROWS_WITH_AS(clip_by_value(list.all(), -2), "[clip_by_value] expected a limit above 0, got -2", ValueError);
  CHECK_THROWS_WITH_AS(clip_by_value(list.all(), std::nan("")), "[clip_by_value] expected a limit above 0, got nan",
                       ValueError);
  list[1].gradient() = Tensor::ones({3});
  CHECK_THROWS_WITH_AS(clip_by_norm(list.all(), 1e-3),
                       "[clip_by_norm] expected a gradient of shape (2,) for 'p1', got (3,)", ShapeError);
  CHECK_THROWS_AS(clip_by_value(list.all(), 1e-3), ShapeError);
  CHECK(list[0].gradient().values()[0] == before[0]);
}
