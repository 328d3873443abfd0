#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

/// Mean and biased variance of the columns of x, in double.
std::pair<Values, Values> statistics(const Tensor& x) {
  const Index rows = x.shape()[0], columns = x.shape()[1];
  std::pair<Values, Values> result{{{columns}, {}}, {{columns}, {}}};
  for (Index c = 0; c < columns; ++c) {
    double mean = 0, variance = 0;
    for (Index r = 0; r < rows; ++r) mean += double{x.at({r, c})} / double(rows);
    for (Index r = 0; r < rows; ++r) variance += (x.at({r, c}) - mean) * (x.at({r, c}) - mean) / double(rows);
    result.first.numbers.push_back(mean);
    result.second.numbers.push_back(variance);
  }
  return result;
}

}  // namespace

TEST_CASE("recalibrated statistics are those of the data, layer after layer") {
  set_seed(1);
  const Dataset data = load_digits_sample().train.take(0, 1000);
  Sequential model{Input{{784}},         Dense{20, {.use_bias = false}},
                   BatchNormalization{}, Activation{"relu"},
                   Dropout{0.5},         Dense{10, {.use_bias = false}},
                   BatchNormalization{}, Activation{"tanh"},
                   BatchNormalization{}, Dense{10}};
  model[8].freeze();
  const Tensor kernel = model.parameters()["dense.kernel"].value().clone();
  const std::uint32_t next = Generator(default_generator()).next();
  recalibrate(model, data, 300);  // with a last batch of 100
  CHECK(default_generator().next() == next);
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), kernel));

  Tensor x = predict(model[1], data);
  for (const std::size_t i : {2U, 6U}) {
    INFO("layer ", i);
    auto& layer = dynamic_cast<BatchNormalization&>(model[i]);
    const auto [mean, variance] = statistics(x);
    CHECK_EQ(difference(layer.moving_mean()->value(), mean, {1e-5, 1e-5}), "");
    CHECK_EQ(difference(layer.moving_variance()->value(), variance, {1e-5, 1e-5}), "");
    if (i == 2) {
      for (const std::size_t next_layer : {2U, 3U, 4U, 5U}) x = model[next_layer].predict(x);
    }
  }
  for (const Real v : model.buffers()["batch_normalization_2.moving_variance"].value().values()) CHECK(v == 1);

  const Tensor outputs = predict(model, data);
  recalibrate(model, data, 77);
  CHECK_EQ(difference(predict(model, data), outputs, {1e-4, 1e-4}), "");
}

TEST_CASE("recalibration keeps PyTorch's unbiased variance, and repairs a model of few steps") {
  set_seed(2);
  const Dataset data = load_digits_sample().train.take(0, 600);
  Sequential model{Input{{784}}, Dense{32, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{10}};
  SGD optimizer{{.learning_rate = 0.1}};
  fit(model, optimizer, data, {.epochs = 1, .batch_size = 60, .show_progress = false});
  const double before = evaluate(model, data).accuracy;
  recalibrate(model, data);
  CHECK(evaluate(model, data).accuracy > before + 0.2);

  Sequential unbiased{Input{{784}}, BatchNormalization{BatchNormalizationOptions::pytorch()}};
  Sequential biased{Input{{784}}, BatchNormalization{}};
  recalibrate(unbiased, data);
  recalibrate(biased, data);
  const Real a = unbiased.buffers()["batch_normalization.moving_variance"].value().at({400});
  const Real b = biased.buffers()["batch_normalization.moving_variance"].value().at({400});
  CHECK(a / b == doctest::Approx(600.0 / 599).epsilon(1e-5));
}
