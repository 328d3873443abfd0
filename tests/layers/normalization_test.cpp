// Options of the normalizations: what each changes, which values are allowed, and that they survive a configuration.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

Tensor batch(std::uint64_t seed, const Shape& shape = {8, 3}) {
  Generator random(seed);
  return Tensor::normal(shape, 2, 3, random);
}

/// Mean of the batches' means (by column), and of their variances times `correction`.
std::pair<Tensor, Tensor> average(const std::vector<Tensor>& batches, Real correction) {
  Variable mu = Tensor::zeros({3}), sigma2 = Tensor::zeros({3});
  for (const Tensor& x : batches) {
    mu = mu + mean(x, {0}) / Real(batches.size());
    sigma2 = sigma2 + variance(x, {0}) * (correction / Real(batches.size()));
  }
  return {mu.value(), sigma2.value()};
}

constexpr Tolerance tolerance{2e-6, 2e-6};

template <class L, class Options>
void check_error(const Options& options, const std::string& text) {
  CHECK_EQ(error_text<ValueError>([&] { L{options}; }), text);
}

}  // namespace

TEST_CASE("with no momentum the moving statistics are the plain average of all batches") {
  BatchNormalizationOptions options = BatchNormalizationOptions::pytorch();
  options.momentum = std::nullopt;
  BatchNormalization layer{options};
  const std::vector<Tensor> batches{batch(1), batch(2), batch(3), batch(4)};
  for (const Tensor& x : batches) layer(x, Mode::training);
  const auto [mu, sigma2] = average(batches, Real(8) / 7);
  CHECK_EQ(difference(layer.moving_mean()->value(), mu, tolerance), "");
  CHECK_EQ(difference(layer.moving_variance()->value(), sigma2, tolerance), "");
  CHECK(layer.buffers()["num_batches_tracked"].value().item() == 4);
}

TEST_CASE("the warm-up begins as that average, and goes on with the momentum") {
  const std::vector<Tensor> batches{batch(1), batch(2), batch(3), batch(4), batch(5)};
  BatchNormalization layer{{.momentum = 0.75, .warm_up = true}};
  for (int t = 0; t < 4; ++t) layer(batches[static_cast<std::size_t>(t)], Mode::training);  // shares 1, 1/2, 1/3, 1/4
  const auto [mu, sigma2] = average({batches.begin(), batches.begin() + 4}, 1);
  CHECK_EQ(difference(layer.moving_mean()->value(), mu, tolerance), "");
  layer(batches[4], Mode::training);  // max(1/5, 1/4)
  const Tensor expected = (Variable(mu) * Real(0.75) + mean(batches[4], {0}) * Real(0.25)).value();
  CHECK_EQ(difference(layer.moving_mean()->value(), expected, tolerance), "");

  // A frozen layer counts no batches, nor does a prediction.
  layer.freeze();
  layer(batches[0], Mode::training);
  layer.predict(batches[0]);
  CHECK(layer.buffers()["num_batches_tracked"].value().item() == 5);

  BatchNormalization plain;  // without it the initial values stay for long
  for (int t = 0; t < 5; ++t) plain(batches[0], Mode::training);
  CHECK(plain.moving_variance()->value().at({0}) ==
        doctest::Approx(std::pow(0.99, 5) + (1 - std::pow(0.99, 5)) * variance(batches[0], {0}).value().at({0})));
}

TEST_CASE("an infinite value moves no moving statistics of its feature") {
  Tensor x = batch(1);
  x(7, 1) = std::numeric_limits<Real>::infinity();  // the mean is infinite, and not NaN
  BatchNormalization layer;
  layer(x, Mode::training);
  const Tensor& mean = layer.moving_mean()->value();
  CHECK(mean(0) != 0);
  CHECK(mean(1) == 0);
  CHECK(layer.moving_variance()->value()(1) == 1);
}

TEST_CASE("batch renormalization is batch normalization at first, and then holds on to its averages") {
  const Tensor x = batch(1);
  BatchNormalization plain{{.momentum = 0.9}};
  BatchRenormalization unclipped{{.batch = {.momentum = 0.9}, .rmax = 1, .dmax = 0}};
  CHECK(same_bits(plain(x, Mode::training).value(), unclipped(x, Mode::training).value()));
  CHECK(same_bits(plain.predict(x), unclipped.predict(x)));

  // With r and d free and averages that have settled, training gives what inference gives.
  BatchRenormalization layer{{.batch = {.momentum = 0}, .rmax = 100, .dmax = 100, .renorm_momentum = 0}};
  const Tensor settled = batch(2), other = batch(3);
  layer(settled, Mode::training);
  const Tensor expected = layer.predict(other);
  CHECK_EQ(difference(layer(other, Mode::training).value(), expected, {1e-5, 1e-5}), "");
  CHECK(layer.buffers().size() == 4);
  CHECK_EQ(difference(layer.buffers()["renorm_mean"].value(), mean(other, {0}).value(), tolerance), "");
}

TEST_CASE("the initializers of gamma, beta and the moving statistics") {
  BatchNormalization layer{{.gamma_initializer = "zeros",
                            .beta_initializer = "ones",
                            .moving_mean_initializer = "ones",
                            .moving_variance_initializer = "zeros"}};
  layer.build({2});
  CHECK(layer.parameters()["gamma"].value().at({1}) == 0);
  CHECK(layer.parameters()["beta"].value().at({1}) == 1);
  CHECK(layer.moving_mean()->value().at({1}) == 1);
  CHECK(layer.moving_variance()->value().at({1}) == 0);
}

TEST_CASE("group, instance and RMS normalization do not depend on batch or mode") {
  const Tensor x = batch(1, {5, 2, 2, 6});
  GroupNormalization group{{.groups = 3}};
  InstanceNormalization instance;
  RMSNormalization rms;
  LayerNormalization layer;
  for (Layer* each : std::initializer_list<Layer*>{&group, &instance, &rms, &layer}) {
    INFO(each->type());
    const Tensor y = (*each)(x, Mode::training).value();
    CHECK(same_bits(y, each->predict(x)));
    CHECK(same_bits(y.rows(3, 4), each->predict(x.rows(3, 4))));
  }
  // One group of a sample without positions is layer normalization, as many groups as channels instance normalization.
  const Tensor flat = batch(2, {5, 6});
  CHECK_EQ(difference(GroupNormalization{{.groups = 1}}.predict(flat), LayerNormalization{}.predict(flat), tolerance),
           "");
  CHECK(same_bits(GroupNormalization{{.groups = 6}}.predict(x), InstanceNormalization{}.predict(x)));
  const Tensor beta = InstanceNormalization{}.predict(flat);
  for (const Real y : beta.values()) CHECK(y == 0);
  CHECK(InstanceNormalization{InstanceNormalizationOptions::pytorch()}.predict(x).size() == x.size());
  // Shifted and scaled input gives the same, except for RMS normalization, which only forgets the scale.
  CHECK_EQ(difference(group.predict((Variable(x) * 1000 + 5000).value()), group.predict((Variable(x) * 1000).value()),
                      {1e-4, 1e-4}),
           "");
  CHECK_EQ(difference(rms.predict((Variable(x) * 1000).value()), rms.predict((Variable(x) * 100).value()), tolerance),
           "");
}

TEST_CASE("errors of the normalizations") {
  check_error<BatchNormalization>(
      BatchNormalizationOptions{.momentum = 1},
      "[batch_normalization] expected a momentum in [0, 1), the share of the old value, got 1");
  check_error<BatchNormalization>(
      BatchNormalizationOptions{.momentum = -1},
      "[batch_normalization] expected a momentum in [0, 1), the share of the old value, got -1");
  check_error<BatchRenormalization>(
      BatchRenormalizationOptions{.renorm_momentum = 1},
      "[batch_renormalization] expected a renorm_momentum in [0, 1), the share of the old value, got 1");
  check_error<BatchNormalization>(BatchNormalizationOptions{.epsilon = 0},
                                  "[batch_normalization] expected an epsilon above 0, got 0");
  check_error<BatchRenormalization>(BatchRenormalizationOptions{.rmax = 0.5},
                                    "[batch_renormalization] expected a finite rmax, at least 1, got 0.5");
  check_error<BatchRenormalization>(BatchRenormalizationOptions{.dmax = NAN},
                                    "[batch_renormalization] expected a finite dmax, at least 0, got nan");
  CHECK(error_text<ValueError>([] {
          BatchNormalization{{.moving_mean_initializer = "zeroes"}};
        }).starts_with("[batch_normalization] unknown initializer 'zeroes', did you mean 'zeros'?"));
  check_error<LayerNormalization>(LayerNormalizationOptions{.epsilon = 0},
                                  "[layer_normalization] expected an epsilon above 0, got 0");
  check_error<InstanceNormalization>(InstanceNormalizationOptions{.epsilon = -1},
                                     "[instance_normalization] expected an epsilon above 0, got -1");
  check_error<RMSNormalization>(RMSNormalizationOptions{.epsilon = 0},
                                "[rms_normalization] expected an epsilon above 0, got 0");
  check_error<GroupNormalization>(GroupNormalizationOptions{.groups = 0},
                                  "[group_normalization] expected at least 1 group, got 0");
  CHECK_EQ(error_text<ShapeError>([] {
             Sequential{Input{{6}}, GroupNormalization{}};
           }),
           "[group_normalization] expected groups that divide the 6 channels of input (1, 6), got 32; set "
           "GroupNormalizationOptions::groups");
  CHECK_EQ(error_text<ShapeError>([] {
             group_normalization(Tensor::ones({2, 6}), {}, {}, 4, 1e-3F);
           }),
           "[group_normalization] expected groups that divide the 6 channels of input (2, 6), got 4; set "
           "GroupNormalizationOptions::groups");
  CHECK_EQ(error_text<ShapeError>([] {
             rms_normalization(Tensor::ones({2, 6}), Tensor::ones({5}), 1e-6F);
           }),
           "[rms_normalization] expected gamma and beta of shape (6,) for input (2, 6), got (5,)");
  CHECK_EQ(error_text<ShapeError>([] { instance_normalization(Tensor::ones({6}), {}, {}, 1e-3F); }),
           "[instance_normalization] expected input (N, ..., F), got shape (6,)");
  CHECK(error_text<ShapeError>([] {
          RMSNormalization{}.build({});
        }).starts_with("[rms_normalization] expected input (N, ..., features), got (N,)"));
}

TEST_CASE("all options survive a configuration") {
  Sequential model{Input{{2, 6}},
                   BatchRenormalization{{.batch = {.momentum = std::nullopt}, .rmax = 2}},
                   BatchNormalization{{.momentum = 0.5, .warm_up = true}},
                   GroupNormalization{{.groups = 3, .center = false}},
                   InstanceNormalization{InstanceNormalizationOptions::pytorch()},
                   RMSNormalization{{.epsilon = 1e-5}}};
  const std::unique_ptr<Layer> copy = make_layer(model.config());
  CHECK(copy->config() == model.config());
  const auto& first = dynamic_cast<BatchNormalization&>(dynamic_cast<Sequential&>(*copy)[1]);
  CHECK_FALSE(first.options().momentum.has_value());
  const auto& second = dynamic_cast<BatchNormalization&>(dynamic_cast<Sequential&>(*copy)[2]);
  CHECK(second.options().momentum == 0.5);

  Config wrong = BatchNormalization{}.config();
  wrong.options[0].second = std::string("nothing");
  CHECK_EQ(error_text<ValueError>([&] { make_layer(wrong); }),
           "[BatchNormalization] expected another kind of value for option 'momentum'");
}
