#include "study/dropout_shift.h"

#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <algorithm>

using namespace gradus;

TEST_CASE("variance shift: measured with the layer, by the formula and by Li et al.") {
  set_seed(11);
  Tensor x = Tensor::normal({400'000}, 0, 1);
  CHECK_EQ(study::measured_variance_shift(x, 0.5), doctest::Approx(0.501).epsilon(0.01));
  CHECK_EQ(study::measured_variance_shift(x, 0.2), doctest::Approx(0.801).epsilon(0.01));
  CHECK_EQ(study::measured_variance_shift(x, 0.1), doctest::Approx(0.898).epsilon(0.01));
  for (Real& value : x.values()) value = std::max(value, Real{0});
  const study::Moments relu = study::moments_of_relu();
  CHECK_EQ(variance_shift(relu.mean, relu.variance, 0.5), doctest::Approx(0.405).epsilon(0.001));
  CHECK_EQ(study::measured_variance_shift(x, 0.5), doctest::Approx(0.405).epsilon(0.01));
  std::vector<double> values(x.values().begin(), x.values().end());
  CHECK_EQ(study::moments(values).mean, doctest::Approx(relu.mean).epsilon(0.01));
  CHECK_EQ(study::moments(values).variance, doctest::Approx(relu.variance).epsilon(0.01));
}

TEST_CASE("variance shift: at each normalization of a model, without changing it") {
  set_seed(12);
  Sequential model{Input{{3}}, BatchNormalization{}, Dropout{0.5}, BatchNormalization{}};
  const Tensor before = model.state()[6].value().clone();
  const std::vector<double> ratios = study::variance_shifts(model, Tensor::normal({20'000, 3}, 5, 2));
  REQUIRE_EQ(ratios.size(), 2);
  CHECK_EQ(ratios[0], doctest::Approx(1));
  // Before dropout, the inputs of the second normalization have mean 0 and variance 1 in training, and mean 5 and
  // variance 4 in inference, as the moving statistics have their initial values.
  CHECK_EQ(ratios[1], doctest::Approx(4 * 0.5).epsilon(0.03));
  CHECK(same_bits(model.state()[6].value(), before));
}
