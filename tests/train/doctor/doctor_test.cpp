#include "support/compare.h"
#include "train/doctor/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace gradus;

namespace {

Sequential readme_model() {
  return Sequential{
      Input{{784}}, Dense{256, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dropout{0.2}, Dense{10}};
}

}  // namespace

TEST_CASE("trials of the doctor: the networks of the documentation are healthy") {
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

TEST_CASE(
    "trials of the doctor: initial weights of every usual kind are healthy, for 2 to 10 classes and 1 to 6 layers") {
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

TEST_CASE("doctor: parameters without a gradient have none afterwards") {
  set_seed(9);
  const Dataset data = normal_data(256, 20, 10);
  Sequential model = deep(2, "relu");
  diagnose(model, {.dataset = &data});
  for (const Parameter& parameter : model.parameters()) CHECK_FALSE(parameter.has_gradient());
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
           " 1. small_batch\n    at    batch_normalization: batch normalization with batches of 4, and in 1\n          "
           "layers more\n    why   Mean and variance of so few samples are noise: ResNet-50's error on\n          "
           "ImageNet is 23.6 % with batches of 32, 24.8 % with 8 and 34.7 % with\n          2, with group "
           "normalization always 24 % (Wu & He 2018).\n    cure  LayerNormalization{} in place of "
           "BatchNormalization{}\n\n 2. unmoved_statistics\n    "
           "at    batch_normalization, batch_normalization_1: after 10 steps at momentum\n          0.99 moving mean "
           "and variance are still 90 % initial value\n    why   Inference normalizes with the moving statistics, so "
           "an evaluation this\n          early measures them and not the weights (Ioffe & Szegedy 2015, section\n     "
           "     3.1).\n    cure  BatchNormalization{{.warm_up = true}}, a lower .momentum, or\n          "
           "recalibrate(model, train) before it\n\n 3. bias_under_normalization\n    at    dense: 16 biases that do "
           "nothing, directly before batch_normalization\n    at    dense_1: 16 biases that do nothing, directly "
           "before\n          batch_normalization_1\n    why   The normalization subtracts the mean and the bias with "
           "it, whose\n          gradient is 0; beta does its work (Ioffe & Szegedy 2015, section 3.2).\n    cure  "
           ".use_bias = false\n\n 4. probabilities_as_logits\n    at    activation_1: softmax before "
           "softmax_cross_entropy, which takes\n          logits: its loss cannot fall below 1.875\n    why   The loss "
           "applies the function itself, together with the logarithm so\n          that nothing is rounded away; "
           "twice, it flattens the gradients\n          (Goodfellow et al. 2016, section 6.2.2).\n    cure  no softmax "
           "at the end; softmax(logits) where probabilities are wanted\n");
}

TEST_CASE("doctor: untrained networks get the same findings whatever their seed, others keep their weights") {
  const Dataset data = normal_data(256, 20, 10);
  const SGD wild{30};
  const auto text = [&](std::uint64_t seed, bool by_hand) {
    set_seed(seed);
    Sequential model = deep(2, "relu");
    if (by_hand) model.parameters()[0].value().values()[0] = 1;
    return to_string(diagnose(model, {.dataset = &data, .optimizer = &wild}));
  };
  CHECK_EQ(text(1, false), text(2, false));
  CHECK_NE(text(1, true), text(2, true));
}

TEST_CASE("doctor: a finding applies its cure") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.01}};
  const DiagnoseOptions options{.dataset = &data, .optimizer = &adam};
  Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{10}, Activation{"softmax"}};
  const Finding finding = found("probabilities_as_logits", model, options).at(0);
  const TrainingSetup setup = finding.apply(model, options);
  REQUIRE(setup.rebuilt != nullptr);
  CHECK_EQ(setup.rebuilt->config().layers.back().options[0].second, Config::Value(std::string("linear")));
  CHECK(same_bits(setup.model->parameters()[0].value(), model.parameters()[0].value()));

  const SGD wild{30};
  const DiagnoseOptions too_fast{.dataset = &data, .optimizer = &wild};
  Sequential plain = deep(2, "relu");
  const Finding slower = diagnose(plain, too_fast).at(0);
  const TrainingSetup slow = slower.apply(plain, too_fast);
  CHECK(slow.optimizer->learning_rate() < 3);
  CHECK_EQ(error_text<ValueError>([&] { slower.apply(plain, {}); }).substr(0, 37),
           "[finding] expected options with the d");
  Finding by_hand = slower;
  by_hand.cure = "sleep";
  by_hand.remedy = {};
  CHECK_EQ(error_text<ValueError>([&] { by_hand.apply(plain, too_fast); }),
           "[finding] expected a cure that can be applied, got 'sleep'; apply it by hand");
}
