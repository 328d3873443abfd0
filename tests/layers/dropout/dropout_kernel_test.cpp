#include "support/compare.h"

#include <gradus/layers/dropout/dropout_kernel.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

TEST_CASE("dropout masks: rate and scale; key and position alone determine them") {
  const Tensor ones = Tensor::ones({1'000'003});
  for (const double rate : {0.1, 0.2, 0.5, 0.9}) {
    const Tensor y = drop(ones, rate, {1, 2});
    const auto scale = static_cast<Real>(1 / (1 - rate));
    Index dropped = 0;
    Index others = 0;
    for (const Real value : y.values()) {
      dropped += value == 0;
      others += value != 0 && value != scale;
    }
    CHECK(others == 0);
    CHECK(std::abs(static_cast<double>(dropped) / 1'000'003 - rate) < 0.002);
    CHECK(same_bits(drop(ones.reshape({-1, 1}), rate, {1, 2}).reshape({-1}), y));
    CHECK(same_bits(drop(ones.rows(0, 1001), rate, {1, 2}), y.rows(0, 1001)));
    CHECK_FALSE(same_bits(drop(ones, rate, {1, 3}), y));
    CHECK_FALSE(same_bits(drop(ones, rate, {2, 2}), y));
  }
}

TEST_CASE("dropout masks: neighbours, rows and columns are independent") {
  const Tensor y = drop(Tensor::ones({1024, 1024}), 0.5, {3, 4});
  const Real* mask = y.data();
  for (const Index distance : {1, 4, 16, 64, 1024}) {
    double together = 0;
    const Index n = y.size() - distance;
    for (Index i = 0; i < n; ++i) together += mask[i] != 0 && mask[i + distance] != 0;
    CHECK(std::abs(together / static_cast<double>(n) - 0.25) < 0.002);
  }
}
