#include "study/noise.h"

#include "study/layer_values.h"
#include "study/statistics.h"
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

TEST_CASE("noise: none in inference, a random shift and scale per feature in training") {
  set_seed(3);
  study::Noise noise;
  const Tensor x = Tensor::zeros({4000, 8});
  CHECK(same_bits(noise(x, Mode::inference).value(), x));

  const Tensor first = noise(x, Mode::training).value();
  const Tensor second = noise(x, Mode::training).value();
  int moved = 0;
  for (Index feature = 0; feature < 8; ++feature) {
    // y = (shift + n) scale has mean shift * scale and standard deviation 0.5 scale.
    const study::Moments a = study::moments(study::unit_values(first, feature));
    const double scale = std::sqrt(a.variance) / 0.5;
    CHECK(scale > 0.5 * 0.95);
    CHECK(scale < 1.5 * 1.05);
    CHECK(std::abs(a.mean / scale) < 0.5 + 0.05);
    const study::Moments b = study::moments(study::unit_values(second, feature));
    moved += std::abs(a.mean - b.mean) > 0.05 ? 1 : 0;
  }
  CHECK(moved >= 5);  // other shifts in the next step
}

TEST_CASE("noise: the gradient is the scale") {
  set_seed(4);
  study::Noise noise;
  GradientTape tape;
  const Variable x = tape.watch(Tensor::ones({2, 3}));
  tape.backward(sum(noise(x, Mode::training)));
  const Tensor dx = tape.gradient(x);
  for (Index feature = 0; feature < 3; ++feature) {
    CHECK_EQ(dx.at({0, feature}), dx.at({1, feature}));
    CHECK(dx.at({0, feature}) >= 0.5);
    CHECK(dx.at({0, feature}) <= 1.5);
  }
  CHECK_NE(dx.at({0, 0}), dx.at({0, 1}));
}
