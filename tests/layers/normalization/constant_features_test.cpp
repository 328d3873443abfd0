// A feature that is the same in all samples is 0 behind every normalization: there is no rounding error to be
// amplified.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

constexpr double constants[] = {16777.217, 101325.3, 1234.567, -0.1, 3e4};

bool is_zero(const Tensor& y) {
  for (const Real value : y.values()) {
    if (value != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("constants are 0 behind every layer that subtracts a mean, in training") {
  for (const double constant : constants) {
    for (const Index n : {2, 3, 60, 100, 1000}) {
      INFO(n, " times ", constant);
      const Tensor x = Tensor::full({n, n, 6}, static_cast<Real>(constant));
      std::vector<std::unique_ptr<Layer>> layers;
      layers.push_back(std::make_unique<BatchNormalization>());
      layers.push_back(std::make_unique<BatchRenormalization>());
      layers.push_back(std::make_unique<LayerNormalization>());
      layers.push_back(std::make_unique<GroupNormalization>(GroupNormalizationOptions{.groups = 2}));
      layers.push_back(std::make_unique<InstanceNormalization>());
      for (const auto& layer : layers) {
        if (n == 1000 && layer->type() != "LayerNormalization") continue;
        INFO(layer->type());
        const Tensor input = n == 1000 ? Tensor::full({2, n}, static_cast<Real>(constant)) : x;
        layer->build(input.shape().without_first());
        if (layer->type() == "BatchRenormalization") {  // its output also depends on an average of means
          layer->buffers()["renorm_mean"].value().fill(static_cast<Real>(constant));
        }
        CHECK(is_zero((*layer)(input, Mode::training).value()));
      }
      CHECK(variance(x, {0}).value().values()[0] == 0);
      CHECK(variance(x).value().item() == 0);
    }
  }
}

TEST_CASE("moving statistics of a constant reach it, so that it is 0 in inference too") {
  for (const double constant : constants) {
    INFO(constant);
    const Tensor x = Tensor::full({60, 1}, static_cast<Real>(constant));
    Sequential model{Input{{1}}, BatchNormalization{{.momentum = 0.9}}};
    for (int step = 0; step < 400; ++step) model(x, Mode::training);
    CHECK(model.buffers()["batch_normalization.moving_mean"].value().item() == static_cast<Real>(constant));
    CHECK(is_zero(model.predict(x)));
    Sequential measured{Input{{1}}, BatchNormalization{}};
    recalibrate(measured, Dataset(x, Tensor::zeros({60})), 7);
    CHECK(measured.buffers()["batch_normalization.moving_mean"].value().item() == static_cast<Real>(constant));
    CHECK(is_zero(measured.predict(x)));
  }
}

TEST_CASE("the variance of values that are close to each other is exact at any mean") {
  Generator random(3);
  for (const double mean_of_x : {0.0, 1e4, 1e6}) {
    const Tensor x = Tensor::normal({200, 4}, mean_of_x, 1, random);
    const Tensor computed = variance(x, {0}).value();
    GroupNormalization groups{{.groups = 2, .epsilon = 1e-9}};
    const Tensor y = groups(x.reshape({2, 100, 4}), Mode::training).value();
    for (Index c = 0; c < 4; ++c) {
      double mean = 0, expected = 0;
      for (Index r = 0; r < 200; ++r) mean += x(r, c) / 200.0;
      for (Index r = 0; r < 200; ++r) expected += std::pow(x(r, c) - mean, 2) / 200;
      CHECK(computed(c) == doctest::Approx(expected).epsilon(1e-6));
    }
    for (Index sample = 0; sample < 2; ++sample) {
      for (Index group = 0; group < 2; ++group) {
        double sum = 0, squares = 0;
        for (Index p = 0; p < 100; ++p) {
          for (Index c = 2 * group; c < 2 * group + 2; ++c) {
            sum += y(sample, p, c) / 200.0;
            squares += std::pow(y(sample, p, c), 2) / 200;
          }
        }
        CHECK(squares - sum * sum == doctest::Approx(1).epsilon(1e-5));
      }
    }
  }
}
