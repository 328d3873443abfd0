#include "study/loss_landscape.h"
#include "study/input_shift.h"
#include "study/kept_state.h"
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

TEST_CASE("loss landscape: two weights, computed by hand") {
  Sequential model{Input{{1}}, Dense{2, {.use_bias = false, .kernel_initializer = "zeros"}}};
  const double a = 0.3, b = -0.4;
  model.parameters()["dense.kernel"].value() = Tensor::from({{Real(a), Real(b)}});
  const Batch batch{Tensor::from({{1}}), Tensor::from({0})};

  // loss = log(1 + exp(b - a)); its gradient is (-q, q) with q = 1 / (1 + exp(a - b)).
  const auto loss = [](double w0, double w1) { return std::log(1 + std::exp(w1 - w0)); };
  const auto slope = [](double w0, double w1) { return 1 / (1 + std::exp(w0 - w1)); };
  const double q = slope(a, b);
  const auto ahead = [&](double rate) { return std::pair(a + rate * q, b - rate * q); };
  const auto [near0, near1] = ahead(0.5);
  const auto [far0, far1] = ahead(2);
  const auto change = [&](double w0, double w1) { return std::sqrt(2.0) * std::abs(slope(w0, w1) - q); };

  const study::LossLandscape found = study::loss_landscape(model, batch, std::vector<double>{0.5, 2});
  CHECK_EQ(found.loss, doctest::Approx(loss(a, b)).epsilon(1e-6));
  CHECK_EQ(found.max_loss, doctest::Approx(loss(near0, near1)).epsilon(1e-6));
  CHECK_EQ(found.min_loss, doctest::Approx(loss(far0, far1)).epsilon(1e-6));
  CHECK_EQ(found.min_change, doctest::Approx(change(near0, near1)).epsilon(1e-5));
  CHECK_EQ(found.max_change, doctest::Approx(change(far0, far1)).epsilon(1e-5));
  CHECK_EQ(found.smoothness, doctest::Approx(std::max(change(near0, near1) / (0.5 * std::sqrt(2.0) * q),
                                                      change(far0, far1) / (2 * std::sqrt(2.0) * q)))
                                 .epsilon(1e-5));
  CHECK_EQ(error_text<ValueError>([&] { study::loss_landscape(model, batch, {}); }),
           "[loss_landscape] expected at least one rate, got none");
}

TEST_CASE("loss landscape: does not change weights and moving statistics") {
  set_seed(5);
  Sequential model{Input{{784}}, Dense{8, {.use_bias = false}}, BatchNormalization{}, Dense{10}};
  std::vector<Tensor> before;
  for (const NamedTensor& part : model.state()) before.push_back(part.value().clone());
  study::loss_landscape(model, load_digits_sample().train.take(0, 20).batch(), std::vector<double>{0.1, 1});
  std::size_t i = 0;
  for (const NamedTensor& part : model.state()) CHECK(same_bits(part.value(), before[i++]));
}

TEST_CASE("kept state: restores the moving statistics") {
  set_seed(6);
  Sequential model{Input{{3}}, BatchNormalization{}};
  const Tensor mean = model.buffers()["batch_normalization.moving_mean"].value();
  {
    const study::KeptState kept(model);
    model(Tensor::uniform({4, 3}, 1, 2), Mode::training);
    CHECK_NE(mean.at({0}), 0);
  }
  CHECK_EQ(mean.at({0}), 0);
}

TEST_CASE("input shift: change of the means in standard deviations") {
  study::InputShift shift;
  CHECK_FALSE(shift(Tensor::from({{0, 5}, {2, 5}})).has_value());
  // Unit 0: mean 1 to 4, deviation 2. Unit 1: mean 5 to 6, deviation 1.
  const std::optional<double> moved = shift(Tensor::from({{2, 5}, {6, 7}}));
  REQUIRE(moved.has_value());
  CHECK_EQ(*moved, doctest::Approx((3.0 / 2 + 1.0) / 2));
  CHECK_EQ(*shift(Tensor::from({{2, 5}, {6, 7}})), 0);
}
