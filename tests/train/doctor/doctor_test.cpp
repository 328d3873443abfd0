#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace gradus;

namespace {

/// What one rule found.
std::vector<Finding> found(const std::string& rule, Layer& model, const DiagnoseOptions& options = {}) {
  std::vector<Finding> findings = diagnose(model, options);
  std::erase_if(findings, [&](const Finding& finding) { return finding.rule != rule; });
  return findings;
}

std::vector<std::string> rules(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) names.push_back(finding.rule);
  return names;
}

/// "where: what, cure", line by line.
std::string in_short(const std::vector<Finding>& findings) {
  std::string result;
  for (const Finding& f : findings) result += f.where + ": " + f.what + " -> " + f.cure + "\n";
  return result;
}

/// Standard normal features whose class is their index of the largest; for 0 classes a regression.
Dataset normal_data(Index n, Index features, Index classes, double scale = 1) {
  Generator random(3);
  const Tensor inputs = Tensor::normal({n, features}, 0, scale, random);
  if (classes == 0) return {inputs, Tensor::normal({n, 1}, 0, 1, random)};
  Tensor labels = Tensor::zeros({n});
  for (Index i = 0; i < n; ++i) {
    const Real* first = inputs.data() + i * features;
    labels.data()[i] = static_cast<Real>(std::max_element(first, first + classes) - first);
  }
  return {inputs, labels, classes};
}

Sequential readme_model() {
  return Sequential{
      Input{{784}}, Dense{256, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dropout{0.2}, Dense{10}};
}

/// A layer of one's own, of which only itself knows in which order it calls what is within.
class Block : public Layer {
 public:
  Variable forward(const Variable& x, Mode mode) override { return x + within_(dense_(x, mode), mode); }
  Children children() override { return {{"dense", dense_}, {"within", within_}}; }

 private:
  Dense dense_{8};
  Sequential within_{BatchNormalization{}, Activation{"relu"}, Dense{8}, BatchNormalization{}};
};

}  // namespace

TEST_CASE("doctor: the networks of the documentation are healthy") {
  set_seed(42);
  const auto [train, test] = load_digits_sample();
  const Adam adam;
  Sequential model = readme_model();
  CHECK_EQ(to_string(diagnose(model, {.batch_size = 64, .dataset = &train, .optimizer = &adam, .steps = 938})),
           "No findings. Read were the layers, their order and options; if data were given,\n"
           "their scale and the first steps of training; if an optimizer was, its weight\n"
           "decay.\n");
  const SGD sgd{{.learning_rate = 0.1, .momentum = 0.9}};
  Sequential plain{Input{{784}}, Dense{64, {.activation = "relu"}}, Dense{10}};
  CHECK_EQ(in_short(diagnose(plain, {.batch_size = 64, .dataset = &train, .optimizer = &sgd})), "");
}

TEST_CASE("doctor: initial weights of every usual kind are healthy, for 2 to 10 classes and 1 to 6 layers") {
  const Adam adam;
  for (const char* initializer : {"glorot_uniform", "he_normal", "lecun_normal"}) {
    for (const char* activation : {"relu", "gelu", "tanh"}) {
      for (const Index classes : {2, 3, 10}) {
        for (const int depth : {1, 3, 6}) {
          for (const bool normalized : {false, true}) {
            INFO(initializer, " ", activation, ", ", classes, " classes, ", depth, " layers, normalized: ", normalized);
            set_seed(static_cast<std::uint64_t>(depth));
            const Dataset data = normal_data(256, 20, classes);
            std::vector<std::unique_ptr<Layer>> layers;
            layers.push_back(std::make_unique<Input>(Shape{20}));
            for (int i = 0; i < depth; ++i) {
              layers.push_back(std::make_unique<Dense>(
                  64, DenseOptions{.use_bias = !normalized, .kernel_initializer = initializer}));
              if (normalized) layers.push_back(std::make_unique<BatchNormalization>());
              layers.push_back(std::make_unique<Activation>(activation));
              layers.push_back(std::make_unique<Dropout>(0.5));
            }
            layers.push_back(std::make_unique<Dense>(classes, DenseOptions{.kernel_initializer = initializer}));
            Sequential model(std::move(layers));
            CHECK_EQ(in_short(diagnose(model, {.dataset = &data, .optimizer = &adam, .steps = 1000})), "");
          }
        }
      }
    }
  }
}

TEST_CASE("doctor: everything is as before, to the bit") {
  set_seed(1);
  const Dataset data = normal_data(300, 6, 3);
  Sequential model{Input{{6}},
                   Dense{16},
                   BatchNormalization{{.warm_up = true}},
                   Activation{"relu"},
                   Dropout{0.5},
                   BatchNormalization{},
                   Dense{16, {.activation = "tanh"}},
                   Dense{3}};
  Adam optimizer{{.learning_rate = 0.05}};
  fit(model, optimizer, data, {.show_progress = false});
  model.freeze("dense_1");
  const auto everything = [&] {
    std::vector<Tensor> all;
    for (const Parameter& weight : model.parameters()) {
      all.push_back(weight.value().clone());
      all.push_back(weight.gradient().clone());
    }
    for (const Buffer& buffer : model.buffers()) all.push_back(buffer.value().clone());
    all.push_back(Tensor::from({static_cast<Real>(optimizer.steps()), model.layer("dense_1").trainable() ? Real(1) : 0,
                                model.layer("dense_2").trainable() ? Real(1) : 0}));
    Generator next = default_generator();
    all.push_back(Tensor::normal({4}, 0, 1, next));
    return all;
  };
  const auto check_same = [&](const std::vector<Tensor>& before) {
    const std::vector<Tensor> after = everything();
    REQUIRE(after.size() == before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      CAPTURE(i);
      CHECK(same_bits(after[i], before[i]));
    }
  };
  const std::vector<Tensor> before = everything();
  const DiagnoseOptions options{.dataset = &data, .optimizer = &optimizer};
  const std::vector<Finding> findings = diagnose(model, options);
  CHECK_EQ(rules(findings), std::vector<std::string>{"bias_under_normalization", "dropout_before_normalization"});
  check_same(before);

  const Dataset other = normal_data(300, 5, 3);  // does not fit
  CHECK_EQ(error_text<ShapeError>([&] { diagnose(model, {.dataset = &other}); }).substr(0, 17), "[input] expected ");
  check_same(before);

  const Adam wild{{.learning_rate = 10}};
  const auto text = [&] { return to_string(diagnose(model, {.dataset = &data, .optimizer = &wild})); };
  const std::string first = text();
  CHECK(first.find("diverging_loss") != std::string::npos);  // with numbers that depend on dropout's masks
  set_seed(77);
  CHECK_EQ(text(), first);
}

TEST_CASE("doctor: wrong calls") {
  Sequential unbuilt{Dense{3}};
  CHECK_EQ(error_text<StateError>([&] { diagnose(unbuilt); }).substr(0, 60),
           "[sequential] expected a layer that is built, which has param");
  Sequential model{Input{{4}}, Dense{3}};
  const Dataset data = normal_data(20, 4, 3);
  CHECK_EQ(error_text<ValueError>([&] { diagnose(model, {.batch_size = 0}); }),
           "[diagnose] expected a batch size of at least 1, got 0");
  CHECK_EQ(error_text<ValueError>([&] { diagnose(model, {.batch_size = 21, .dataset = &data}); }),
           "[diagnose] expected a batch size from 1 to the 20 samples of the data, got 21");
  CHECK_EQ(error_text<ValueError>([&] {
             diagnose(model, {.batch_size = 8, .dataset = &data, .loss = "mean_squared_eror"});
           }).substr(0, 30),
           "[loss] unknown loss 'mean_squa");
}

TEST_CASE("doctor: small_batch") {
  Sequential model{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
  const Finding expected{
      "small_batch", "batch_normalization", "batch normalization with batches of 4",
      "Mean and variance of so few samples are noise: ResNet-50's error on ImageNet is 23.6 % with batches of 32, 24.8 "
      "% with 8 and 34.7 % with 2, with group normalization always 24 % (Wu & He 2018).",
      "LayerNormalization{} or GroupNormalization{{.groups = 8}} or BatchRenormalization{} in place of "
      "BatchNormalization{}"};
  CHECK((diagnose(model, {.batch_size = 4}) == std::vector<Finding>{expected}));
  CHECK_EQ(in_short(diagnose(model, {.batch_size = 1})),
           "batch_normalization: batch normalization with batches of 1 -> LayerNormalization{} or "
           "GroupNormalization{{.groups = 8}} in place of BatchNormalization{}\n");
  CHECK_EQ(diagnose(model, {.batch_size = 8}).size(), 1);
  CHECK_EQ(diagnose(model, {.batch_size = 9}).size(), 0);
  model.freeze("batch_normalization");
  CHECK_EQ(diagnose(model, {.batch_size = 4}).size(), 0);

  Sequential channels{Input{{8}}, BatchNormalization{}};  // of 8 there are no 8 groups
  CHECK_EQ(diagnose(channels, {.batch_size = 2}).at(0).cure,
           "LayerNormalization{} or BatchRenormalization{} in place of BatchNormalization{}");
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

TEST_CASE("doctor: bias_under_normalization") {
  const auto in = [](Sequential model) { return in_short(found("bias_under_normalization", model)); };
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, BatchNormalization{}}),
           "dense: 16 biases that do nothing, directly before batch_normalization -> Dense{16, {.use_bias = false}}\n");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, Activation{"linear"}, Flatten{}, BatchNormalization{}}).size(), 104);
  CHECK_EQ(in(Sequential{Input{{6}}, Sequential{Dense{4}, Dense{16}}, Sequential{BatchNormalization{}}}),
           "sequential.dense_1: 16 biases that do nothing, directly before sequential_1.batch_normalization "
           "-> Dense{16, {.use_bias = false}}\n");
  CHECK_EQ(in(Sequential{Input{{8}}, Block{}}),
           "block.dense: 8 biases that do nothing, directly before block.within.batch_normalization -> "
           "Dense{8, {.use_bias = false}}\n"
           "block.within.dense: 8 biases that do nothing, directly before block.within.batch_normalization_1 -> "
           "Dense{8, {.use_bias = false}}\n");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16, {.use_bias = false}}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16, {.activation = "relu"}}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, Activation{"relu"}, BatchNormalization{}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{16}, LayerNormalization{}, Dense{16}, GroupNormalization{{.groups = 4}}}),
           "");
  Sequential frozen{Input{{6}}, Dense{16}, BatchNormalization{}};
  frozen.freeze("batch_normalization");
  CHECK_EQ(in(std::move(frozen)), "");
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

TEST_CASE("doctor: probabilities_as_logits") {
  const auto in = [](Sequential model, const DiagnoseOptions& options = {}) {
    return in_short(found("probabilities_as_logits", model, options));
  };
  CHECK_EQ(
      in(Sequential{Input{{6}}, Dense{10}, Activation{"softmax"}}),
      "activation: softmax before softmax_cross_entropy, which takes logits: its loss cannot fall below 1.461 -> no "
      "softmax at the end; softmax(logits) where probabilities are wanted\n");
  CHECK_EQ(
      in(Sequential{Input{{6}}, Sequential{Dense{1, {.activation = "sigmoid"}}}, Flatten{}},
         {.loss = "binary_cross_entropy"}),
      "sequential.dense: sigmoid before binary_cross_entropy, which takes logits: its loss cannot fall below 0.313 "
      "-> no sigmoid at the end; sigmoid(logits) where probabilities are wanted\n");
  const Dataset classes = normal_data(40, 6, 3), regression = normal_data(40, 6, 0);
  CHECK(in(Sequential{Input{{6}}, Dense{3}, Activation{"softmax"}}, {.dataset = &classes}) != "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{1}, Activation{"sigmoid"}}, {.dataset = &regression}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{10}, Activation{"softmax"}}, {.loss = "mean_squared_error"}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{10}}), "");
  CHECK_EQ(in(Sequential{Input{{6}}, Dense{10}, Activation{"softmax"}, Dense{2}}), "");

  const Variable best = softmax_cross_entropy(Tensor::from({{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}}), Tensor::from({1}));
  CHECK(best.value().item() == doctest::Approx(1.461).epsilon(5e-4));
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

TEST_CASE("doctor: data_not_scaled") {
  const auto in = [](const Dataset& data, bool normalize = false) {
    Sequential model{Input{{data.sample_shape()[0]}}, Dense{data.classes()}};
    Sequential normalized{Input{{data.sample_shape()[0]}}, BatchNormalization{}, Dense{data.classes()}};
    const Adam adam{{.learning_rate = 0.03}};
    return in_short(found("data_not_scaled", normalize ? normalized : model, {.dataset = &data, .optimizer = &adam}));
  };
  Generator random(2);
  const auto with_feature = [&](double mean, double deviation) {
    Tensor inputs = Tensor::normal({200, 3}, 0, 1, random);
    for (Index i = 0; i < 200; ++i) {
      inputs.data()[3 * i + 1] = static_cast<Real>(mean + deviation * (i % 2 == 0 ? 1 : -1));
    }
    Tensor labels = Tensor::zeros({200});
    for (Index i = 0; i < 200; ++i) labels.data()[i] = inputs.data()[3 * i] > 0 ? 1 : 0;
    return Dataset(inputs, labels, 2);
  };
  const std::string cure = " -> const Standardization standardize(train); train = standardize(train);\n";
  CHECK_EQ(in(with_feature(1427, 1132)),
           "data: feature 1 of 3, counted from 0, has mean 1427 and standard deviation 1132" + cure);
  CHECK_EQ(in(with_feature(-12, 1)),
           "data: feature 1 of 3, counted from 0, has mean -12 and standard deviation 1" + cure);
  CHECK_EQ(in(with_feature(9, 9)), "");
  CHECK_EQ(in(with_feature(0, 0)), "");  // constant
  CHECK_EQ(in(with_feature(1427, 1132), true), "");
  CHECK_EQ(in(normal_data(200, 4, 2, 1e-4)).substr(0, 40), "data: feature 3 of 4, counted from 0, ha");
  CHECK_EQ(in(normal_data(200, 4, 2, 0.1)), "");
  CHECK_EQ(in(load_digits_sample().train), "");
}

TEST_CASE("doctor: loss_at_start") {
  set_seed(9);
  const Dataset data = normal_data(256, 20, 10);
  const auto in = [&](const char* initializer) {
    Sequential model{Input{{20}}, Dense{64, {.activation = "relu", .kernel_initializer = initializer}},
                     Dense{10, {.kernel_initializer = initializer}}};
    return found("loss_at_start", model, {.dataset = &data});
  };
  const std::vector<Finding> findings = in("random_normal(1)");
  REQUIRE(findings.size() == 1);
  CHECK_EQ(findings[0].where, "model");
  const double loss = std::stod(findings[0].what.substr(std::string("the loss before the first step is ").size()));
  CHECK(loss > 2 * std::log(10.0) + 1);
  CHECK_EQ(findings[0].what,
           fmt::format("the loss before the first step is {}, that of no opinion is ln(10) = 2.303", loss));
  CHECK_EQ(findings[0].cure, ".kernel_initializer = \"glorot_uniform\"");
  CHECK_EQ(findings[0].gain.substr(0, 20), "loss after 40 steps ");
  CHECK(in("glorot_uniform").empty());
  CHECK(in("zeros").empty());

  // Neither dropout's noise nor moving statistics that have not moved are the weights' fault.
  const Dataset wide = normal_data(256, 20, 10, 9);
  Sequential normalized{Input{{20}}, BatchNormalization{}, Dense{10}};
  CHECK(evaluate(normalized, wide).loss > 2 * std::log(10.0) + 1);
  CHECK(found("loss_at_start", normalized, {.dataset = &wide}).empty());
}

/// The rules that speak, for each of 20 seeds.
template <class Make>
void check_seeds(const std::string& expected, Make diagnosis) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    set_seed(seed);
    const std::vector<Finding> findings = diagnosis();
    CHECK_EQ(fmt::format("{}", fmt::join(rules(findings), ", ")), expected);
    // What can be applied has been tried.
    for (const Finding& finding : findings)
      CHECK_EQ(finding.where == "optimizer", finding.gain.starts_with("loss after"));
  }
}

/// `depth` hidden layers of 32 units.
Sequential deep(int depth, const char* activation, const char* initializer = "glorot_uniform",
                bool normalized = false) {
  std::vector<std::unique_ptr<Layer>> layers;
  layers.push_back(std::make_unique<Input>(Shape{20}));
  for (int i = 0; i < depth; ++i) {
    layers.push_back(
        std::make_unique<Dense>(32, DenseOptions{.use_bias = !normalized, .kernel_initializer = initializer}));
    if (normalized) layers.push_back(std::make_unique<BatchNormalization>());
    layers.push_back(std::make_unique<Activation>(activation));
  }
  layers.push_back(std::make_unique<Dense>(10));
  return Sequential(std::move(layers));
}

TEST_CASE("doctor: learning rates, with the momentum of the optimizer") {
  const Dataset data = normal_data(256, 20, 10);
  const auto with = [&](const Optimizer& optimizer) {
    return [&] {
      Sequential model = deep(2, "relu");
      return diagnose(model, {.dataset = &data, .optimizer = &optimizer});
    };
  };
  // One finding, and nothing that follows from it: all units are dead by then.
  check_seeds("diverging_loss", with(SGD(30)));
  check_seeds("diverging_loss", with(Adam(10)));
  check_seeds("low_learning_rate", with(SGD(3e-4)));
  check_seeds("low_learning_rate", with(Adam(1e-6)));
  check_seeds("", with(SGD(0.1)));
  check_seeds("", with(Adam(1e-3)));
  check_seeds("", with(Adam(1e-2)));
  check_seeds("", with(Adagrad(0.01)));
  check_seeds("", with(SGD({.learning_rate = 0.03, .momentum = 0.9})));
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    set_seed(seed);
    const std::vector<Finding> findings = with(SGD({.learning_rate = 1, .momentum = 0.99}))();
    CHECK_EQ(in_short(findings).substr(0, 27), "optimizer: at learning rate");
    CHECK(with(SGD(1))().empty());
  }

  set_seed(9);
  const std::vector<Finding> findings = with(SGD(30))();
  CHECK_EQ(findings.at(0).where, "optimizer");
  CHECK_EQ(findings.at(0).what.substr(0, 34), "at learning rate 30 the losses are");
  CHECK(std::stod(findings.at(0).cure.substr(17)) < 3);
}

TEST_CASE("doctor: a rate that is said to gain does gain, in fit") {
  const Dataset data = normal_data(256, 20, 10);
  set_seed(4);
  Sequential model = deep(2, "relu");
  const SGD wild{30};
  const Finding finding = diagnose(model, {.dataset = &data, .optimizer = &wild}).at(0);
  SGD better{std::stod(finding.cure.substr(17))};
  fit(model, better, data, {.steps = 40, .show_progress = false});
  CHECK(evaluate(model, data).loss < std::log(10.0) - 0.1);
}

TEST_CASE("doctor: callbacks change the trial steps, and a schedule is not overwritten") {
  const Dataset data = normal_data(256, 20, 10);
  set_seed(9);
  Sequential model = deep(2, "relu");
  const SGD sgd{0.1};
  CHECK(diagnose(model, {.dataset = &data, .optimizer = &sgd}).empty());
  const std::vector<Finding> findings =
      diagnose(model, {.dataset = &data, .optimizer = &sgd, .callbacks = {LearningRateScheduler(constant(30))}});
  CHECK_EQ(rules(findings), std::vector<std::string>{"diverging_loss"});
  CHECK_EQ(findings.at(0).what.substr(0, 22), "at learning rate 30 th");
  CHECK(findings.at(0).cure.ends_with(" times the rates of the schedule"));
}

TEST_CASE("doctor: an optimizer that cannot be copied leaves the steps out") {
  class Own : public Optimizer {
   public:
    Own() : Optimizer("own", 0, 1000) {}

   private:
    void update(const Part& part) const override {
      for (Index i = 0; i < part.size; ++i) part.weight[i] -= static_cast<Real>(part.learning_rate) * part.gradient[i];
    }
  };
  const Dataset data = normal_data(256, 20, 10);
  Sequential model = deep(2, "relu");
  const Own own;
  CHECK_EQ(in_short(diagnose(model, {.dataset = &data, .optimizer = &own})), "");
}

TEST_CASE("doctor: a layer that is listed and not called is left out") {
  class Half : public Layer {
   public:
    Variable forward(const Variable& x, Mode mode) override { return used_(x, mode); }
    Children children() override { return {{"used", used_}, {"spare", spare_}}; }

   private:
    Dense used_{8};
    Sequential spare_{LayerNormalization{}, Dense{3}, BatchNormalization{}};
  };
  const Dataset data = normal_data(64, 6, 3);
  Sequential model{Input{{6}}, Half{}, Activation{"relu"}, Dense{3}};
  CHECK_EQ(in_short(diagnose(model, {.dataset = &data})), "");
}

TEST_CASE("doctor: vanishing_gradients, no_gradients, equal_units, loss_at_start") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](auto make) {
    return [&, make] {
      Sequential model = make();
      std::vector<Finding> findings = diagnose(model, {.dataset = &data, .optimizer = &adam, .steps = 1000});
      for (Finding& finding : findings) {
        CHECK_EQ(finding.gain.substr(0, 10), "loss after");
        finding.gain.clear();
      }
      return findings;
    };
  };
  check_seeds("vanishing_gradients", in([] { return deep(8, "sigmoid"); }));
  check_seeds("", in([] { return deep(8, "sigmoid", "glorot_uniform", true); }));
  check_seeds("", in([] { return deep(6, "relu", "he_normal"); }));
  check_seeds("equal_units", in([] { return deep(2, "relu", "zeros"); }));
  check_seeds("equal_units", in([] { return deep(2, "tanh", "ones"); }));
  check_seeds("loss_at_start", in([] { return deep(3, "relu", "random_normal(1)"); }));
  check_seeds("no_gradients", in([] {
                Sequential model = deep(2, "relu", "glorot_uniform", true);
                for (Parameter& weight : model.parameters()) {
                  if (!weight.name().ends_with("beta")) continue;
                  for (Real& v : weight.value().values()) v = -20;
                }
                return model;
              }));
  Sequential zeros = deep(2, "relu", "zeros");
  CHECK_EQ(diagnose(zeros, {.dataset = &data}).at(0).what, "all 32 units have equal weights, and of 1 layers more");
}

TEST_CASE("doctor: dead units of many layers are one finding, with a cure that helps") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.003}};
  set_seed(3);
  Sequential model = deep(6, "relu", "he_normal");
  for (Parameter& weight : model.parameters()) {
    if (weight.name() == "dense_6.bias" || !weight.name().ends_with("bias")) continue;
    std::fill_n(weight.value().data(), 28, Real(-100));
  }
  const std::vector<Finding> findings = diagnose(model, {.dataset = &data, .optimizer = &adam});
  CHECK_EQ(rules(findings), std::vector<std::string>{"dead_units"});
  CHECK(findings.at(0).what.ends_with(" % of the ReLUs are 0 for every sample, and more than half in 5 layers more"));
  CHECK_EQ(findings.at(0).gain.substr(0, 10), "loss after");
}

TEST_CASE("doctor: saturated_units") {
  const Dataset data = normal_data(256, 20, 10), regression = normal_data(256, 20, 0);
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](const char* initializer) {
    const DenseOptions options{.activation = "tanh", .kernel_initializer = initializer};
    Sequential model{Input{{20}}, Dense{32, options}, Dense{32, options}, Dense{10}};
    return rules(diagnose(model, {.dataset = &data, .optimizer = &adam}));
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    set_seed(seed);
    CHECK_EQ(in("random_normal(30)"), std::vector<std::string>{"saturated_units"});
    CHECK_EQ(in("glorot_uniform"), std::vector<std::string>{});
  }
  for (const char* activation : {"sigmoid", "tanh"}) {
    Sequential output{Input{{20}}, Dense{1, {.activation = activation, .kernel_initializer = "random_normal(100)"}}};
    CHECK(found("saturated_units", output, {.dataset = &regression}).empty());
  }
}

TEST_CASE("doctor: outputs") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](const Dataset& samples, auto... layers) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, std::move(layers)...};
    return rules(diagnose(model, {.dataset = &samples, .optimizer = &adam}));
  };
  using Rules = std::vector<std::string>;
  Tensor targets = Tensor::empty({256, 1}), shares = Tensor::empty({256, 1});
  for (Index i = 0; i < 256; ++i) {
    targets.data()[i] = 2 * data.batch().inputs.data()[20 * i];
    shares.data()[i] = data.batch().inputs.data()[20 * i] > 0 ? 1 : 0;
  }
  const Dataset wide(data.batch().inputs, targets), within(data.batch().inputs, shares);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    set_seed(seed);
    CHECK_EQ(in(data, Dense{10, {.activation = "relu"}}), Rules{"activation_on_logits"});
    CHECK_EQ(in(data, Dense{10}, Dropout{0.5}), Rules{"dropout_on_outputs"});
    CHECK_EQ(in(data, Dense{10}), Rules{});
    CHECK_EQ(in(wide, Dense{1, {.activation = "sigmoid"}}), Rules{"outputs_out_of_range"});
    CHECK_EQ(in(wide, Dense{1}), Rules{});
    CHECK_EQ(in(within, Dense{1, {.activation = "sigmoid"}}), Rules{});
    CHECK_EQ(in(data, Dense{32}, Activation{"softmax"}, Dense{10}), Rules{"hidden_softmax"});
    CHECK_EQ(in(data, Dense{32}, Activation{"tanh"}, Dense{10}), Rules{});
    CHECK_EQ(in(data, Dropout{0.9}, Dense{10}), Rules{"high_dropout"});
    CHECK_EQ(in(data, Dropout{0.5}, Dense{10}), Rules{});
  }
}

TEST_CASE("doctor: linear_stack, nothing_to_train, penalty_above_loss") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam;
  const auto in = [&](Sequential model) {
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam, .steps = 1000}));
  };
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32}, Dense{10}}),
           "dense: no activation between it and dense_1 -> Dense{32, {.activation = \"relu\"}}\n");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32, {.use_bias = false}}, BatchNormalization{}, Dropout{0.5}, Dense{10}}),
           "dense: no activation between it and dense_1 -> Dense{32, {.activation = \"relu\"}}\n");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{10}}), "");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32}, LayerNormalization{}, Dense{10}}), "");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{4}, Dense{10}}), "");  // of rank 4

  Sequential frozen{Input{{20}}, Dense{10}};
  frozen.freeze();
  CHECK_EQ(in(std::move(frozen)), "model: all 2 weights are frozen -> model.unfreeze()\n");

  const auto penalized = [&](double l2) {
    return in(Sequential{Input{{20}}, Dense{32, {.activation = "relu", .kernel_regularizer = {.l2 = l2}}}, Dense{10}});
  };
  CHECK_EQ(penalized(1000).substr(0, 25), "model: the penalties are ");
  CHECK_EQ(penalized(0.01), "");
}

TEST_CASE("doctor: momentum_of_the_new_value, epsilon_above_variance") {
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

TEST_CASE("doctor: targets_not_scaled is the cause, and divergence what follows") {
  const Dataset unit = normal_data(256, 20, 10);
  const auto with_targets = [&](double mean, double deviation) {
    Tensor targets = Tensor::empty({256, 1});
    for (Index i = 0; i < 256; ++i) {
      targets.data()[i] = static_cast<Real>(mean + deviation * unit.batch().inputs.data()[20 * i]);
    }
    return Dataset(unit.batch().inputs, targets);
  };
  const Dataset far = with_targets(300, 100), large = with_targets(0, 1e6), usual = with_targets(0, 1);
  const auto in = [&](const Dataset& data, const Optimizer& optimizer) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{1}};
    return rules(diagnose(model, {.dataset = &data, .optimizer = &optimizer}));
  };
  using Rules = std::vector<std::string>;
  const SGD sgd{0.1};
  const Adam adam;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    set_seed(seed);
    CHECK_EQ(in(far, sgd), Rules{"targets_not_scaled"});
    CHECK_EQ(in(far, adam), Rules{"targets_not_scaled"});
    CHECK_EQ(in(large, adam), Rules{"targets_not_scaled"});
    CHECK_EQ(in(usual, adam), Rules{});
    CHECK_EQ(in(usual, SGD(0.03)), Rules{});
  }
}

TEST_CASE("doctor: wild_value, missing_class, class_imbalance, sorted_data") {
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](const Dataset& data, bool shuffle = true) {
    Sequential model{Input{data.sample_shape()}, Dense{32, {.activation = "relu"}}, Dense{data.classes()}};
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam, .shuffle = shuffle}));
  };
  const Dataset data = normal_data(5000, 20, 4);
  const Tensor inputs = data.batch().inputs, labels = data.batch().labels;
  CHECK_EQ(in(data), "");
  CHECK_EQ(in(data, false), "");

  Tensor wild = inputs.clone();
  wild.data()[20 * 4321 + 7] = Real(1e6);
  CHECK_EQ(in(Dataset(wild, labels, 4)).substr(0, 67),
           "data: feature 7 of 20, counted from 0, has one value of 1e+06, and ");
  Tensor rare = inputs.clone();  // a column that is 0 but for one sample
  for (Index i = 0; i < 5000; ++i) rare.data()[20 * i + 7] = i == 4321 ? 1 : 0;
  CHECK_EQ(in(Dataset(rare, labels, 4)), "");

  CHECK_EQ(in(Dataset(inputs, labels, 6)).substr(0, 43), "data: of 6 classes, 2 do not occur: 4, 5 ->");

  const auto with_share = [&](double share) {
    Tensor most = Tensor::zeros({5000});
    for (Index i = 0; i < 5000; ++i) most.data()[i] = static_cast<double>(i % 100) < 100 * share ? 0 : 1;
    return Dataset(inputs, most, 2);
  };
  CHECK_EQ(in(with_share(0.98)).substr(0, 42), "data: 98.0 % of the samples are of class 0");
  CHECK_EQ(in(with_share(0.98).with_class_weights({1, 49})), "");
  CHECK_EQ(in(with_share(0.8)), "");

  std::vector<Index> order;
  for (Index c = 0; c < 4; ++c) {
    for (Index i = 0; i < 5000; ++i) {
      if (labels.data()[i] == static_cast<Real>(c)) order.push_back(i);
    }
  }
  const Dataset sorted(data.batch(order), 4);
  CHECK_EQ(in(sorted, false).substr(0, 36), "data: 5000 samples in 4 runs of one ");
  CHECK_EQ(in(sorted), "");
}

TEST_CASE("doctor: a trained network on other data is not told to start anew") {
  const auto [digits, unused] = load_digits_sample();
  const auto [clothing, unused_too] = load_clothing_sample();
  set_seed(2);
  Sequential model{Input{{784}}, Dense{32, {.activation = "relu"}}, Dense{10}};
  Adam adam{{.learning_rate = 0.01}};
  fit(model, adam, digits, {.batch_size = 64, .show_progress = false});
  CHECK(evaluate(model, clothing).loss > 2 * std::log(10.0) + 1);
  const Adam fresh;
  CHECK_EQ(in_short(diagnose(model, {.batch_size = 64, .dataset = &clothing, .optimizer = &fresh})), "");
  CHECK_EQ(in_short(diagnose(model, {.batch_size = 64, .dataset = &clothing, .optimizer = &adam})), "");
}

TEST_CASE("doctor: findings print in 80 columns") {
  Sequential model{Input{{6}},           Dense{16}, BatchNormalization{},
                   Activation{"relu"},   Dense{16}, BatchNormalization{},
                   Activation{"softmax"}};
  const std::string text = to_string(diagnose(model, {.batch_size = 4, .steps = 10}));
  CHECK_EQ(text,
           " 1. small_batch\n    at    batch_normalization, batch_normalization_1: batch normalization with\n          "
           "batches of 4\n    why   Mean and variance of so few samples are noise: ResNet-50's error on\n          "
           "ImageNet is 23.6 % with batches of 32, 24.8 % with 8 and 34.7 % with\n          2, with group "
           "normalization always 24 % (Wu & He 2018).\n    cure  LayerNormalization{} or GroupNormalization{{.groups = "
           "8}} or\n          BatchRenormalization{} in place of BatchNormalization{}\n\n 2. unmoved_statistics\n    "
           "at    batch_normalization, batch_normalization_1: after 10 steps at momentum\n          0.99 moving mean "
           "and variance are still 90 % initial value\n    why   Inference normalizes with the moving statistics, so "
           "an evaluation this\n          early measures them and not the weights (Ioffe & Szegedy 2015, section\n     "
           "     3.1).\n    cure  BatchNormalization{{.warm_up = true}}, a lower .momentum, or\n          "
           "recalibrate(model, train) before it\n\n 3. bias_under_normalization\n    at    dense: 16 biases that do "
           "nothing, directly before batch_normalization\n    at    dense_1: 16 biases that do nothing, directly "
           "before\n          batch_normalization_1\n    why   The normalization subtracts the mean and the bias with "
           "it, whose\n          gradient is 0; beta does its work (Ioffe & Szegedy 2015, section 3.2).\n    cure  "
           "Dense{16, {.use_bias = false}}\n\n 4. probabilities_as_logits\n    at    activation_1: softmax before "
           "softmax_cross_entropy, which takes\n          logits: its loss cannot fall below 1.875\n    why   The loss "
           "applies the function itself, together with the logarithm so\n          that nothing is rounded away; "
           "twice, it flattens the gradients\n          (Goodfellow et al. 2016, section 6.2.2).\n    cure  no softmax "
           "at the end; softmax(logits) where probabilities are wanted\n");
}
