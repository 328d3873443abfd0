#include "support/compare.h"
#include "train/doctor/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace gradus;

namespace {

/// A layer that alone knows in which order it calls its children.
class Block : public Layer {
 public:
  Variable forward(const Variable& x, Mode mode) override { return x + within_(dense_(x, mode), mode); }
  Children children() override { return {{"dense", dense_}, {"within", within_}}; }

 private:
  Dense dense_{8};
  Sequential within_{BatchNormalization{}, Activation{"relu"}, Dense{8}, BatchNormalization{}};
};

}  // namespace

TEST_CASE("trials of the doctor: larger batches, where no other cure of small ones helps") {
  set_seed(42);
  const Dataset digits = load_digits_sample().train;
  Sequential model{Input{{784}}, Dense{256}, BatchNormalization{}, Activation{"relu"},
                   Dropout{0.5}, Dense{10},  Activation{"softmax"}};
  const Adam optimizer;
  const auto findings = found("small_batch", model, {.batch_size = 4, .dataset = &digits, .optimizer = &optimizer});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].gain.starts_with("loss after "));
}

TEST_CASE("doctor: small_batch") {
  Sequential model{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  const Finding expected{
      "small_batch", "batch_normalization", "batch normalization with batches of 4",
      "Mean and variance of so few samples are noise: ResNet-50's error on ImageNet is 23.6 % with batches of 32, 24.8 "
      "% with 8 and 34.7 % with 2, with group normalization always 24 % (Wu & He 2018).",
      "LayerNormalization{} in place of BatchNormalization{}"};
  CHECK((diagnose(model, {.batch_size = 4}) == std::vector<Finding>{expected}));
  CHECK_EQ(in_short(diagnose(model, {.batch_size = 1})),
           "batch_normalization: batch normalization with batches of 1 -> LayerNormalization{} in place of "
           "BatchNormalization{}\n");
  CHECK_EQ(diagnose(model, {.batch_size = 8}).size(), 1);
  CHECK_EQ(diagnose(model, {.batch_size = 9}).size(), 0);
  model.freeze("batch_normalization");
  CHECK_EQ(diagnose(model, {.batch_size = 4}).size(), 0);

  const Dataset data = normal_data(256, 6, 2);  // tried: none of the cures helps
  CHECK(found("small_batch", model, {.batch_size = 4, .dataset = &data}).empty());
  Sequential others{Input{{8}}, BatchRenormalization{}, LayerNormalization{}, GroupNormalization{{.groups = 2}}};
  CHECK_EQ(diagnose(others, {.batch_size = 2}).size(), 0);
}

TEST_CASE("doctor: last_batch_of_one") {
  const Dataset data = normal_data(129, 6, 2);
  Sequential model{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  const auto in = [&](Index batch_size, bool drop_last = false) {
    return in_short(
        found("last_batch_of_one", model, {.batch_size = batch_size, .dataset = &data, .drop_last = drop_last}));
  };
  CHECK_EQ(in(64),
           "batch_normalization: 129 samples in batches of 64 leave a last batch of 1 -> .drop_last = true in the "
           "options of fit\n");
  CHECK_EQ(in(64, true), "");
  CHECK_EQ(in(43), "");
  CHECK_EQ(in(1), "");
  Sequential without{Input{{6}}, Dense{16}, LayerNormalization{}, Dense{2}};
  CHECK(found("last_batch_of_one", without, {.batch_size = 64, .dataset = &data}).empty());
}

TEST_CASE("doctor: unmoved_statistics") {
  const auto share = [](const BatchNormalizationOptions& options, Index steps) {
    Sequential model{Input{{6}}, BatchNormalization{options}};
    const std::vector<Finding> findings = found("unmoved_statistics", model, {.steps = steps});
    return findings.empty() ? "" : findings.at(0).where + ": " + findings.at(0).what;
  };
  CHECK_EQ(share({}, 5),
           "batch_normalization: after 5 steps at momentum 0.99 moving mean and variance are still 95 % initial value");
  CHECK_EQ(share({.momentum = 0.9}, 3),
           "batch_normalization: after 3 steps at momentum 0.9 moving mean and variance are still 73 % initial value");
  CHECK_EQ(share({.momentum = 0.9}, 4), "");
  CHECK_EQ(share({}, 35).substr(0, 35), "batch_normalization: after 35 steps");
  CHECK_EQ(share({}, 36), "");
  CHECK_EQ(share({.momentum = std::nullopt}, 5), "");
  CHECK_EQ(share({.warm_up = true}, 5), "");
  CHECK_EQ(share({}, 0), "");  // not known

  // With data, where it costs something: inputs far from the initial statistics, and not standard normal ones.
  const auto far = normal_data(130, 6, 2, 0.1), usual = normal_data(130, 6, 2);
  const auto what = [&](const Dataset& data, bool drop_last) {
    Sequential model{Input{{6}}, BatchNormalization{}, Dense{2}};
    const Adam adam{{.learning_rate = 0.03}};
    const auto findings = found("unmoved_statistics", model,
                                {.batch_size = 64, .dataset = &data, .optimizer = &adam, .drop_last = drop_last});
    return findings.empty() ? "" : findings.at(0).what;
  };
  CHECK_EQ(what(far, false).substr(0, 13), "after 3 steps");
  CHECK_EQ(what(far, true).substr(0, 13), "after 2 steps");
  CHECK(what(far, true).find("; tried, the loss in inference is ") != std::string::npos);
  CHECK_EQ(what(usual, false), "");

  Sequential model{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  const auto steps = [&](const DiagnoseOptions& options) {
    const std::vector<Finding> findings = found("unmoved_statistics", model, options);
    return findings.empty() ? "" : findings.at(0).what.substr(0, findings.at(0).what.find(" at"));
  };
  SGD optimizer;
  fit(model, optimizer, usual, {.epochs = 4, .batch_size = 64, .show_progress = false});
  CHECK_EQ(steps({.optimizer = &optimizer, .steps = 5}), "after 17 steps");
  CHECK_EQ(steps({.steps = 5}), "");  // trained, nobody knows for how long
  model.freeze();
  CHECK_EQ(steps({.optimizer = &optimizer, .steps = 5}), "");
}

TEST_CASE("doctor: unmoved_statistics speaks where inference loses more than a quarter by them") {
  // Inputs +-s, which are +-1 normalized, weight 1 and targets +-2: loss 1 with the statistics of the data, and
  // (2 - s / sqrt(v))^2 with v = 0.951 + 0.049 s^2, as 0.99^5 = 0.951 of the initial variance is left.
  const auto speaks = [](double s) {
    Tensor inputs = Tensor::empty({64, 1}), targets = Tensor::empty({64, 1});
    for (Index i = 0; i < 64; ++i) {
      inputs.data()[i] = static_cast<Real>(i % 2 == 0 ? s : -s);
      targets.data()[i] = i % 2 == 0 ? 2 : -2;
    }
    const Dataset data(inputs, targets);
    Sequential model{Input{{1}}, BatchNormalization{{.epsilon = 1e-9}}, Dense{1}};
    model.parameters()["dense.kernel"].value().fill(1);
    const SGD still{1e-12};
    return !found("unmoved_statistics", model, {.dataset = &data, .optimizer = &still, .steps = 5}).empty();
  };
  CHECK_FALSE(speaks(0.89));  // 1.23
  CHECK(speaks(0.865));       // 1.28
}

TEST_CASE("doctor: bias_under_normalization") {
  const auto in = [](Sequential model) { return in_short(found("bias_under_normalization", model)); };
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, BatchNormalization{}}),
           "dense: 16 biases that do nothing, directly before batch_normalization -> .use_bias = false\n");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, Activation{"linear"}, Flatten{}, BatchNormalization{}}).size(), 91);
  CHECK_EQ(in(Sequential{Input{{6}}, Sequential{Dense{4}, Dense{16}}, Sequential{BatchNormalization{}}}),
           "sequential.dense_1: 16 biases that do nothing, directly before sequential_1.batch_normalization "
           "-> .use_bias = false\n");
  CHECK_EQ(in(Sequential{Input{{8}}, Block{}}),
           "block.dense: 8 biases that do nothing, directly before block.within.batch_normalization -> "
           ".use_bias = false\n"
           "block.within.dense: 8 biases that do nothing, directly before block.within.batch_normalization_1 -> "
           ".use_bias = false\n");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16, {.activation = "relu"}}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, Activation{"relu"}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, LayerNormalization{}, Dense{16}, GroupNormalization{{.groups = 4}}}),
           "");
  Sequential frozen{Input{{6}}, Dense{16}, BatchNormalization{}};
  frozen.freeze("batch_normalization");
  CHECK_EQ(in(std::move(frozen)), "");
  CHECK_EQ(in(Sequential{Input{{5, 5, 2}}, Conv2D{4, 3}, BatchNormalization{}}),
           "conv2d: 4 biases that do nothing, directly before batch_normalization -> .use_bias = false\n");
  CHECK_EQ(in(Sequential{Input{{5, 5, 2}}, Conv2D{4, 3, {.activation = "relu"}}, BatchNormalization{}}), "");
}

TEST_CASE("doctor: a container stands for the layer whose output it gives on, and a layer is looked at once") {
  /// Calls its layer several times.
  class Repeated : public Layer {
   public:
    explicit Repeated(int count) : times_(count) {}
    Variable forward(const Variable& x, Mode mode) override {
      Variable y = x;
      for (int i = 0; i < times_; ++i) y = dense_(y, mode);
      return y;
    }
    Children children() override { return {{"dense", dense_}}; }

   private:
    int times_;
    Dense dense_{6};
  };
  for (const int times : {1, 3}) {
    Sequential model{Input{{6}}, Sequential{Repeated{times}}, BatchNormalization{}};
    CHECK_EQ(in_short(diagnose(model)).substr(0, 57), "sequential.repeated.dense: 6 biases that do nothing, dire");
    CHECK_EQ(diagnose(model).size(), 1);
  }
  class Twice : public Layer {
   public:
    Variable forward(const Variable& x, Mode mode) override {
      return normalization_(dense_(x, mode), mode) + normalization_(dense_(-x, mode), mode);
    }
    Children children() override { return {{"dense", dense_}, {"normalization", normalization_}}; }

   private:
    Dense dense_{6};
    BatchNormalization normalization_;
  };
  Sequential shared{Input{{6}}, Twice{}, Activation{"relu"}, Dense{2}};
  CHECK_EQ(found("bias_under_normalization", shared).size(), 1);
}

TEST_CASE("doctor: a bias under batch normalization is dead, under layer and group normalization it is not") {
  set_seed(5);
  Generator random(6);
  const auto bias_gradient = [&](auto normalization) {
    Sequential model{Input{{6}}, Dense{8}, std::move(normalization)};
    const Tensor x = Tensor::normal({5, 6}, 0, 1, random), upstream = Tensor::normal({5, 8}, 0, 1, random);
    GradientTape tape;
    tape.backward(sum(model(x, Mode::training) * upstream));
    Real largest = 0;
    for (const Real g : std::as_const(model.parameters()["dense.bias"].gradient()).values())
      largest = std::max(largest, std::abs(g));
    return largest;
  };
  CHECK(bias_gradient(BatchNormalization{}) < 1e-5);
  CHECK(bias_gradient(BatchRenormalization{}) < 1e-5);
  CHECK(bias_gradient(LayerNormalization{}) > 0.1);
  CHECK(bias_gradient(GroupNormalization{{.groups = 2}}) > 0.1);
}

TEST_CASE("variance_shift: Li et al.'s numbers") {
  const double pi = std::acos(-1.0);
  CHECK(variance_shift(1 / std::sqrt(2 * pi), 0.5 - 1 / (2 * pi), 0.5) == doctest::Approx(0.405).epsilon(5e-4));
  for (const double kept : {0.5, 0.8, 0.9}) CHECK(variance_shift(0, 2.5, 1 - kept) == doctest::Approx(kept));
  CHECK(variance_shift(3, 4, 0.5) == doctest::Approx(4.0 / 17));
  CHECK(variance_shift(3, 4, 0) == 1);
  CHECK_EQ(error_text<ValueError>([] { variance_shift(0, 1, 1); }),
           "[variance_shift] expected a variance above 0 and a rate in [0, 1), got 1 and 1");
  CHECK_EQ(error_text<ValueError>([] { variance_shift(1, 0, 0.5); }).substr(0, 37),
           "[variance_shift] expected a variance ");
}

TEST_CASE("doctor: dropout_before_normalization") {
  const auto what = [](Sequential model, const Dataset* data = nullptr) {
    const std::vector<Finding> findings = found("dropout_before_normalization", model, {.dataset = data});
    return findings.empty() ? "" : findings.at(0).where + ": " + findings.at(0).what;
  };
  CHECK_EQ(what(Sequential{Input{{6}}, Dense{16, {.activation = "relu"}}, Dropout{0.5}, BatchNormalization{}}),
           "batch_normalization: directly behind dropout of rate 0.5: the variance in inference is 0.405 times that in "
           "training (for ReLUs of standard normal numbers)");
  CHECK_EQ(what(Sequential{Input{{6}}, Sequential{Dense{16}, Dropout{0.2}}, Flatten{}, BatchNormalization{}}),
           "batch_normalization: directly behind sequential.dropout of rate 0.2: the variance in inference is 0.800 "
           "times that in training (if the dropout's inputs have mean 0)");
  CHECK_EQ(what(Sequential{Input{{6}}, Dropout{0.5}, Dense{6}, BatchNormalization{}}), "");
  CHECK_EQ(what(Sequential{Input{{6}}, Dropout{0}, BatchNormalization{}}), "");
  CHECK_EQ(what(Sequential{Input{{6}}, Dropout{0.5}, LayerNormalization{}}), "");
  CHECK_EQ(what(Sequential{Input{{6}}, BatchNormalization{}, Dropout{0.5}}), "");

  // Two features, of means 3 and -3 and variance 4; v / ((c^2 + v) / p - c^2) = 4 / (13 / 0.5 - 9).
  Tensor inputs = Tensor::empty({64, 2});
  for (Index i = 0; i < 64; ++i) {
    inputs.data()[2 * i] = static_cast<Real>(i % 2 == 0 ? 1 : 5);
    inputs.data()[2 * i + 1] = static_cast<Real>(i % 2 == 0 ? -5 : -1);
  }
  const Dataset data(inputs, Tensor::zeros({64}), 2);
  CHECK_EQ(what(Sequential{Input{{2}}, Dropout{0.5}, BatchNormalization{}, Dense{2}}, &data),
           "batch_normalization: directly behind dropout of rate 0.5: the variance in inference is 0.235 times that in "
           "training (measured on the data)");
  Sequential model{Input{{6}}, Dense{6}, Dropout{0.25}, BatchNormalization{}};
  CHECK_EQ(
      diagnose(model).at(0).cure,
      "BatchNormalization{}, Activation{\"relu\"}, Dropout{0.25}, in this order; or recalibrate(model, train) after "
      "training");
}

TEST_CASE("doctor: few_values_per_statistic") {
  const auto in = [](Sequential model) { return in_short(found("few_values_per_statistic", model)); };
  const std::string beta = "mean and variance are over 1 value: the output is beta, whatever the input -> ";
  CHECK_EQ(in(Sequential{Input{{6}}, InstanceNormalization{}}),
           "instance_normalization: " + beta + "LayerNormalization{}\n");
  CHECK_EQ(in(Sequential{Input{{6}}, GroupNormalization{{.groups = 6}}}),
           "group_normalization: " + beta + "LayerNormalization{}\n");
  CHECK_EQ(in(Sequential{Input{{1}}, LayerNormalization{}}), "layer_normalization: " + beta + "BatchNormalization{}\n");
  CHECK_EQ(in(Sequential{Input{{64}}, GroupNormalization{}}),
           "group_normalization: mean and variance are over 2 values: the output is beta + gamma or beta - gamma -> "
           "LayerNormalization{}\n");
  CHECK_EQ(in(Sequential{Input{{7, 7, 6}}, InstanceNormalization{}, GroupNormalization{{.groups = 6}},
                         LayerNormalization{}}),
           "");
  CHECK_EQ(in(Sequential{Input{{96}}, GroupNormalization{}, LayerNormalization{}, RMSNormalization{}}), "");

  Generator random(8);  // it is true
  Sequential single{Input{{6}}, InstanceNormalization{}}, pairs{Input{{6}}, GroupNormalization{{.groups = 3}}};
  const Tensor x = Tensor::normal({4, 6}, 0, 100, random);
  CHECK_EQ(difference(single.predict(x), Tensor::zeros({4, 6}), {0, 0}), "");
  const Tensor signs = pairs.predict(x);
  for (const Real y : signs.values()) CHECK(std::abs(y) == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("doctor: weight_decay_on_normalization") {
  Sequential model{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  const auto in = [&](const Optimizer& optimizer) {
    return in_short(found("weight_decay_on_normalization", model, {.optimizer = &optimizer}));
  };
  CHECK_EQ(in(AdamW{{.weight_decay = 0.01, .decay_rule = decay_all}}),
           "optimizer: weight decay of 0.01 on batch_normalization.gamma, batch_normalization.beta -> .decay_rule = "
           "decay_kernels\n");
  CHECK_EQ(in(AdamW{{.weight_decay = 0.01}}), "");
  CHECK_EQ(in(SGD{{.weight_decay = 0, .decay_rule = decay_all}}), "");
  Sequential plain{Input{{6}}, Dense{16}, Dense{2}};
  const AdamW all{{.decay_rule = decay_all}};
  CHECK(found("weight_decay_on_normalization", plain, {.optimizer = &all}).empty());
}

TEST_CASE("trials of the doctor: momentum_of_the_new_value, epsilon_above_variance") {
  const Adam adam{{.learning_rate = 0.01}};
  const Dataset data = normal_data(256, 20, 10), small = normal_data(256, 20, 10, 1e-3);
  const auto in = [&](const Dataset& samples, const BatchNormalizationOptions& options) {
    Sequential model{Input{{20}}, BatchNormalization{options}, Dense{32, {.activation = "relu"}}, Dense{10}};
    return rules(diagnose(model, {.dataset = &samples, .optimizer = &adam, .steps = 1000}));
  };
  using Rules = std::vector<std::string>;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    set_seed(seed);
    CHECK_EQ(in(data, {.epsilon = 100}), Rules{"epsilon_above_variance"});
    CHECK_EQ(in(small, {}), Rules{"epsilon_above_variance"});
    CHECK_EQ(in(data, {}), Rules{});
  }
  CHECK_EQ(in(data, {.momentum = 0.1}), Rules{"momentum_of_the_new_value"});
  CHECK_EQ(in(data, {.momentum = 0.5}), Rules{});
  CHECK_EQ(in(data, {.momentum = std::nullopt}), Rules{});
}

TEST_CASE("doctor: small_last_batch") {
  const auto in = [](Index rest, const DiagnoseOptions& more = {}) {
    const Dataset data = normal_data(256 + rest, 20, 10);
    Sequential model{Input{{20}}, Dense{32, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{10}};
    DiagnoseOptions options = more;
    options.batch_size = 64;
    options.dataset = &data;
    return found("small_last_batch", model, options);
  };
  REQUIRE(in(2).size() == 1);
  CHECK_EQ(in(2)[0].what, "258 samples in batches of 64 leave a last batch of 2");
  CHECK(in(4).size() == 1);
  for (const Index rest : {0, 1, 16, 32}) CHECK(in(rest).empty());
  CHECK(in(2, {.drop_last = true}).empty());
  const SGD wild{0.3};
  REQUIRE(in(2, {.optimizer = &wild}).size() == 1);
  CHECK_EQ(in(2, {.optimizer = &wild})[0].gain.substr(0, 29), "with every fourth batch so sm");
}
