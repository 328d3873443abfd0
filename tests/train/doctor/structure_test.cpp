#include "train/doctor/custom_layers.h"
#include "train/doctor/support.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gradus;

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

TEST_CASE("trials of the doctor: outputs") {
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
    CHECK_EQ(in(data, Dropout{0.6}, Dropout{0.6}, Dropout{0.6}, Dense{10}), Rules{"high_dropout"});
  }
}

TEST_CASE("doctor: linear_stack, nothing_to_train, penalty_above_loss") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam;
  const auto in = [&](Sequential model) {
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam, .steps = 1000}));
  };
  const std::string linear = "dense: no activation between it and dense_1 -> .activation = \"relu\"\n";
  const auto in_moons = [](Sequential model, bool tried) {
    const Dataset points = moons({.samples = 256});
    const Adam fast{{.learning_rate = 0.03}};
    return in_short(diagnose(model, {.dataset = tried ? &points : nullptr, .optimizer = &fast, .steps = 1000}));
  };
  for (const bool tried : {false, true}) {
    CHECK_EQ(in_moons(Sequential{Input{{2}}, Dense{32}, Dense{2}}, tried), linear);
    CHECK_EQ(in_moons(Sequential{Input{{2}}, Dense{32, {.use_bias = false}}, BatchNormalization{}, Dense{2}}, tried),
             linear);
  }
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32}, Dense{10}}), "");  // classes that a linear function tells apart
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{10}}), "");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{32}, LayerNormalization{}, Dense{10}}), "");
  CHECK_EQ(in(Sequential{Input{{20}}, Dense{4}, Dense{10}}), "");  // of rank 4

  Sequential frozen{Input{{20}}, Dense{10}};
  frozen.freeze();
  CHECK_EQ(in(std::move(frozen)), "model: all 2 weights are frozen -> model.unfreeze()\n");
  Sequential still{Input{{20}}, Dense{10}};
  Adam of_zero;
  of_zero.set_learning_rate_multiplier(still.parameters(), 0);
  CHECK_EQ(in_short(diagnose(still, {.dataset = &data, .optimizer = &of_zero})),
           "model: the learning rate of all weights that are not frozen is multiplied by 0 -> "
           "optimizer.set_learning_rate_multiplier(model.parameters(), 1)\n");

  const auto penalized = [&](double l2) {
    return in(Sequential{Input{{20}}, Dense{32, {.activation = "relu", .kernel_regularizer = {.l2 = l2}}}, Dense{10}});
  };
  CHECK_EQ(penalized(1000).substr(0, 25), "model: the penalties are ");
  CHECK_EQ(penalized(0.01), "");
}

TEST_CASE("doctor: penalty_above_loss speaks above the loss") {
  // Weights of 1 in 20 of 20, as the penalty is l2 times 20; targets of +-1, so that outputs of 0 have a loss of 1.
  const Dataset unit = normal_data(256, 20, 10);
  Tensor targets = Tensor::empty({256, 1});
  for (Index i = 0; i < 256; ++i) targets.data()[i] = unit.batch().inputs.data()[20 * i] > 0 ? 1 : -1;
  const Dataset data(unit.batch().inputs, targets);
  const auto penalty = [&](double factor) {
    Sequential model{Input{{20}}, Dense{1, {.kernel_regularizer = {.l2 = factor / 20}}}};
    model.parameters()["dense.kernel"].value().fill(1);
    const Adam adam{{.learning_rate = 0.1}};
    return in_short(found("penalty_above_loss", model, {.dataset = &data, .optimizer = &adam}));
  };
  CHECK_EQ(penalty(0.95), "");
  CHECK_EQ(penalty(3),
           "model: the penalties are 3, the loss of outputs of 0 is 1 -> regularizers 1e-02 times as large\n");
}

TEST_CASE("doctor: convolutions") {
  Generator random(5);
  const Tensor inputs = Tensor::normal({128, 6, 6, 2}, 0, 1, random);
  Tensor labels = Tensor::empty({128});
  for (Index i = 0; i < 128; ++i) labels.data()[i] = inputs.data()[72 * i] * inputs.data()[72 * i + 2] > 0 ? 1 : 0;
  const Dataset data(inputs, labels, 2);
  const auto in = [&](auto... layers) {
    Sequential model{Input{{6, 6, 2}}, std::move(layers)..., Flatten{}, Dense{2}};
    const Adam adam{{.learning_rate = 0.01}};
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam}));
  };
  const Conv2DOptions relu{.activation = "relu"};
  CHECK_EQ(in(Conv2D{16, 3, relu}), "");
  CHECK_EQ(in(Conv2D{16, 3, {.activation = "relu", .kernel_initializer = "ones"}}).substr(0, 40),
           "conv2d: all 16 units have equal weights ");
  Sequential linear{Input{{6, 6, 2}}, Conv2D{16, 3}, Conv2D{16, 3}};
  CHECK_EQ(in_short(diagnose(linear)), "conv2d: no activation between it and conv2d_1 -> .activation = \"relu\"\n");
  Sequential separable{Input{{6, 6, 2}}, DepthwiseConv2D{3}, Conv2D{16, 1}};
  CHECK_EQ(in_short(diagnose(separable)), "");
  linear.freeze("conv2d");
  CHECK_EQ(in_short(diagnose(linear)), "");
}

TEST_CASE("doctor: a softmax that weights other outputs is not a hidden softmax") {
  class Mixture : public Layer {
   public:
    Variable forward(const Variable& x, Mode mode) override {
      const Variable shares = weights_(scores_(x, mode), mode);
      return slice(shares, 1, 0, 1) * first_(x, mode) + slice(shares, 1, 1, 2) * second_(x, mode);
    }
    Children children() override {
      return {{"scores", scores_}, {"weights", weights_}, {"first", first_}, {"second", second_}};
    }

   private:
    Dense scores_{2}, first_{8}, second_{8};
    Activation weights_{"softmax"};
  };
  Sequential model{Input{{6}}, Mixture{}, Dense{2}};
  CHECK(found("hidden_softmax", model).empty());
}

TEST_CASE("doctor: high_weight_decay") {
  const Dataset data = normal_data(256, 20, 10);
  const auto in = [&](const Optimizer& optimizer) {
    Sequential model = deep(2, "relu");
    return rules(diagnose(model, {.dataset = &data, .optimizer = &optimizer}));
  };
  using Rules = std::vector<std::string>;
  CHECK_EQ(in(SGD({.learning_rate = 0.3, .weight_decay = 1})), Rules{"high_weight_decay"});
  CHECK_EQ(in(AdamW({.learning_rate = 0.01, .weight_decay = 50})), Rules{"high_weight_decay"});
  CHECK_EQ(in(AdamW(0.01)), Rules{});
}

namespace {

Variable apply_softmax(const Variable& x) { return softmax(x); }
Variable apply_relu(const Variable& x) { return relu(x); }
Variable apply_nothing(const Variable& x) { return x; }

}  // namespace

TEST_CASE("doctor: functions in the forward of custom layers") {
  const Dataset data = normal_data(256, 20, 10);
  const auto in = [&](auto... layers) {
    Sequential model{Input{{20}}, std::move(layers)...};
    return in_short(diagnose(model, {.dataset = &data}));
  };
  CHECK_EQ(in(Ending(10, apply_softmax)).substr(0, 54), "ending: softmax before softmax_cross_entropy, which ta");
  CHECK_EQ(in(Ending(10, apply_relu)).substr(0, 51), "ending: relu before softmax_cross_entropy, which ta");
  CHECK_EQ(in(Ending(10, apply_nothing)), "");
  CHECK_EQ(in(Ending(32, apply_softmax), Dense{10}).substr(0, 46), "ending: softmax in the midst of the network ->");
  CHECK_EQ(in(Ending(32, apply_relu), Dense{10}), "");
}

TEST_CASE("doctor: softmax, and dropout behind it, at the end") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.01}};
  Sequential model{Input{{20}}, Dense{10}, Activation{"softmax"}, Dropout{0.3}};
  const std::vector<Finding> findings = diagnose(model, {.dataset = &data, .optimizer = &adam});
  REQUIRE(rules(findings) == std::vector<std::string>{"probabilities_as_logits"});
  CHECK_EQ(findings[0].where, "activation");
  CHECK_EQ(findings[0].cure,
           "no softmax at the end; softmax(logits) where probabilities are wanted, and no Dropout there");
  CHECK(findings[0].gain.starts_with("loss after 120 steps"));
  const TrainingSetup cured = findings[0].apply(model, {.dataset = &data, .optimizer = &adam});
  CHECK_EQ(std::get<std::string>(cured.model->layer("activation").config().options[0].second), "linear");
  CHECK_EQ(std::get<double>(cured.model->layer("dropout").config().options[0].second), 0);
}

TEST_CASE("doctor: outputs_out_of_range knows the range of each function") {
  Tensor targets = Tensor::empty({256, 1});
  const Tensor inputs = normal_data(256, 20, 10).batch().inputs;
  for (Index i = 0; i < 256; ++i) targets.data()[i] = 3 * inputs.data()[20 * i];
  const Dataset data(inputs, targets);
  const Adam adam{{.learning_rate = 0.03}};
  const auto in = [&](const char* function) {
    Sequential model{Input{{20}}, Dense{1, {.activation = function}}};
    return in_short(found("outputs_out_of_range", model, {.dataset = &data, .optimizer = &adam})).substr(0, 40);
  };
  CHECK_EQ(in("softplus"), "dense: softplus gives 0 to infinity, the");
  CHECK_EQ(in("elu"), "dense: elu gives -1 to infinity, the tar");
  CHECK_EQ(in("gelu"), "dense: gelu gives -0.17 to infinity, the");
  CHECK_EQ(in("leaky_relu"), "");
  CHECK_EQ(in("linear"), "");
}

TEST_CASE("doctor: equal_units, but not zeros that become unequal") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam;
  Sequential residual{Input{{20}}, Dense{32, {.activation = "relu"}}, ZeroBranch{32}, ZeroBranch{32}, Dense{10}};
  CHECK_EQ(in_short(diagnose(residual, {.dataset = &data, .optimizer = &adam})), "");
  Sequential zeros{Input{{20}}, Dense{32, {.activation = "tanh", .kernel_initializer = "zeros"}},
                   Dense{10, {.kernel_initializer = "zeros"}}};
  CHECK_EQ(rules(diagnose(zeros, {.dataset = &data, .optimizer = &adam})), std::vector<std::string>{"equal_units"});
}
