#include <gradus/core/parallel.h>
#include <gradus/optim/clip.h>

#include "optim/parameter_list.h"

#include <doctest/doctest.h>

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

TEST_CASE("clip_by_global_norm: scales all gradients by one factor, values not at all") {
  const ParameterList list({{40, 30}, {30}, {}, {0, 2}, {30, 10}});
  const auto values = list.values();
  const auto gradients = list.gradients();
  const double norm = norm_of(gradients);
  CHECK_EQ(clip_by_global_norm(list.all(), 2.5), doctest::Approx(norm).epsilon(1e-14));
  const Real scale = static_cast<Real>(2.5 / norm);
  for (std::size_t i = 0; i < gradients.size(); ++i) CHECK_EQ(list.gradients()[i], gradients[i] * scale);
  CHECK(list.values() == values);
}

TEST_CASE("clip_by_global_norm: a smaller norm stays, bit by bit") {
  const ParameterList list({{4, 3}, {3}});
  const auto gradients = list.gradients();
  const double norm = clip_by_global_norm(list.all(), std::numeric_limits<double>::infinity());
  CHECK_EQ(clip_by_global_norm(list.all(), norm), norm);
  CHECK(list.gradients() == gradients);
}

TEST_CASE("clip_by_global_norm: frozen parameters neither count nor change") {
  const ParameterList list({{4, 3}, {3}});
  list[1].gradient().fill(100);
  list[1].set_trainable(false);
  CHECK_LT(clip_by_global_norm(list.all(), 0.5), 10);
  CHECK_EQ(list[1].gradient().values()[0], 100);
  CHECK_EQ(clip_by_global_norm(list.all(), 0.5), doctest::Approx(0.5).epsilon(1e-6));
}

TEST_CASE("clip_by_global_norm: a norm that is not finite is returned, and nothing scaled") {
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

TEST_CASE("clip_by_global_norm: the same bits for any number of threads, packed or not") {
  const int before = threads();
  const std::vector<Shape> shapes = {{701, 300}, {300}, {300, 700}, {7}};
  double first_norm = 0;
  std::vector<Real> first;
  for (const bool packed : {false, true}) {
    for (const int count : {1, 2, 4}) {
      set_threads(count);
      ParameterList list(shapes);
      if (packed) list.pack();
      const double norm = clip_by_global_norm(list.all(), 1);
      if (first.empty()) {
        first_norm = norm;
        first = list.gradients();
        CHECK_EQ(norm_of(first), doctest::Approx(1).epsilon(1e-6));
      }
      CHECK_EQ(norm, first_norm);
      CHECK(list.gradients() == first);
    }
  }
  set_threads(before);
}

TEST_CASE("clip_by_global_norm: no parameters have norm 0") { CHECK_EQ(clip_by_global_norm(Parameters({}), 1), 0); }

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
