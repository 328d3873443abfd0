#include "train/doctor/support.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

using namespace gradus;

namespace {

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

}  // namespace

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
  CHECK_EQ(findings[0].gain.substr(0, 20), "loss after 120 steps");
  CHECK(in("glorot_uniform").empty());
  CHECK(in("zeros").empty());

  // Neither dropout's noise nor moving statistics that have not moved are the weights' fault.
  const Dataset wide = normal_data(256, 20, 10, 9);
  Sequential normalized{Input{{20}}, BatchNormalization{}, Dense{10}};
  CHECK(evaluate(normalized, wide).loss > 2 * std::log(10.0) + 1);
  CHECK(found("loss_at_start", normalized, {.dataset = &wide}).empty());
}

TEST_CASE("trials of the doctor: learning rates, with the momentum of the optimizer") {
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

TEST_CASE("trials of the doctor: vanishing_gradients, no_gradients, equal_units, loss_at_start") {
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

TEST_CASE("doctor: no_gradients of the kernels behind a layer that cuts them") {
  class Cut : public Layer {
   public:
    Variable forward(const Variable& x, Mode) override { return stop_gradient(x); }
  };
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.01}};
  const auto in = [&](Sequential model) { return in_short(diagnose(model, {.dataset = &data, .optimizer = &adam})); };
  const auto dense = [] { return Dense{32, {.activation = "relu"}}; };
  const std::string cure =
      " are 0 -> nothing that cuts the gradient behind them; or freeze() for what is not to learn\n";
  CHECK_EQ(in(Sequential{Input{{20}}, dense(), Cut{}, dense(), Dense{10}}),
           "model: in 40 steps the gradients of dense.kernel" + cure);
  CHECK_EQ(in(Sequential{Input{{20}}, dense(), dense(), Cut{}, Dense{10}}),
           "model: in 40 steps the gradients of 2 of 3 kernels" + cure);
  Sequential frozen{Input{{20}}, dense(), Cut{}, dense(), Dense{10}};
  frozen.freeze("dense");
  CHECK_EQ(in(std::move(frozen)), "");
}

TEST_CASE("doctor: signals that vanish on their way forward") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam;
  const auto in = [&](int depth, const char* initializer) {
    Sequential model = deep(depth, "tanh", initializer);
    return diagnose(model, {.dataset = &data, .optimizer = &adam});
  };
  set_seed(3);
  const std::vector<Finding> findings = in(8, "random_normal(0.01)");
  CHECK_EQ(rules(findings), std::vector<std::string>{"vanishing_gradients"});
  CHECK(findings.at(0).what.find("; the outputs differ by ") != std::string::npos);
}

TEST_CASE("doctor: one weight set by hand is not a training") {
  const Dataset data = normal_data(256, 20, 10);
  const SGD sgd{0.01};
  const auto in = [&](Index count) {
    set_seed(3);
    Sequential model = deep(2, "relu");
    std::fill_n(model.parameters()["dense_2.bias"].value().data(), count, Real(50));
    if (count > 1) model.parameters()["dense_2.bias"].value().data()[0] = 49;
    return rules(diagnose(model, {.dataset = &data, .optimizer = &sgd}));
  };
  CHECK_EQ(in(1), std::vector<std::string>{"loss_at_start"});
  CHECK_EQ(in(2), std::vector<std::string>{});  // who knows
}

TEST_CASE("doctor: dead units of many layers are one finding, with a cure that helps") {
  const Dataset data = normal_data(256, 20, 10);
  const Adam adam{{.learning_rate = 0.003}};
  set_seed(3);
  Sequential model = deep(6, "relu", "he_normal");
  for (Parameter& weight : model.parameters()) {
    if (weight.name() == "dense_6.bias" || !weight.name().ends_with("bias")) continue;
    for (Index i = 0; i < 28; ++i) weight.value().data()[i] = static_cast<Real>(-100 - i);
  }
  const std::vector<Finding> findings = diagnose(model, {.dataset = &data, .optimizer = &adam});
  CHECK_EQ(rules(findings), std::vector<std::string>{"dead_units"});
  CHECK(findings.at(0).what.ends_with(" % of the ReLUs are 0 for every sample, and more than half in 5 layers more"));
  CHECK_EQ(findings.at(0).gain.substr(0, 10), "loss after");
}

TEST_CASE("trials of the doctor: saturated_units") {
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

TEST_CASE("doctor: a divergence that no learning rate cures is told with where to look") {
  set_seed(9);
  const Dataset data = normal_data(64, 4, 2);
  Sequential model{Input{{4}}, Dense{8, {.activation = "relu"}}, Dense{2}};
  const SGD optimizer{0.1};
  const std::vector<Finding> findings = found(
      "diverging_loss", model,
      {.dataset = &data, .optimizer = &optimizer, .loss = Loss([](const Variable& outputs, const Batch& /*batch*/) {
                                                    return mean(log(outputs - 100));
                                                  })});
  REQUIRE(findings.size() == 1);
  CHECK_EQ(findings[0].what, "at learning rate 0.1 the losses are not finite");
  CHECK_EQ(findings[0].cure, "a lower learning rate alone does not help: look at the inputs, the targets and the loss");
  CHECK_EQ(findings[0].gain, "");
}

TEST_CASE("doctor: a schedule that is over at once") {
  const Dataset data = normal_data(512, 20, 10);
  const auto in = [&](const Schedule& schedule, Index steps) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{10}};
    const SGD sgd{{.learning_rate = 0.1}};
    LearningRateScheduler scheduler(schedule);
    return in_short(diagnose(model, {.dataset = &data, .optimizer = &sgd, .steps = steps, .callbacks = {&scheduler}}));
  };
  CHECK_EQ(
      in(cosine_decay(0.1, 5), 1000),
      "optimizer: the schedule takes the learning rate from 0.1 to 0 in 40 steps -> a schedule that lasts as long as "
      "the training; the rate alone is 0.1\n");
  CHECK_EQ(in(cosine_decay(0.1, 1000), 1000), "");
  CHECK_EQ(in(cosine_decay(0.1, 20), 20), "");  // as long as the training
}

TEST_CASE("doctor: a loss of the wrong sign") {
  const Dataset data = normal_data(256, 20, 10);
  const auto in = [&](Real sign) {
    Sequential model{Input{{20}}, Dense{32, {.activation = "relu"}}, Dense{10}};
    const SGD sgd{{.learning_rate = 0.1}};
    return in_short(
        diagnose(model, {.dataset = &data, .optimizer = &sgd, .loss = [sign](const Variable& y, const Batch& b) {
                           return softmax_cross_entropy(y, b.labels) * sign;
                         }}));
  };
  const std::string text = in(-1);
  CHECK_EQ(text.substr(0, 23), "model: the losses are -");
  CHECK(text.ends_with(" -> the loss with the other sign, if errors make it smaller\n"));
  CHECK_EQ(in(1), "");
}

TEST_CASE("trials of the doctor: momentum that carries a training away after the first steps") {
  const Dataset data = load_digits_sample().train;
  const auto in = [&](double momentum) {
    set_seed(1);
    Sequential model{Input{{784}}, Dense{128, {.activation = "relu"}}, Dense{64, {.activation = "relu"}}, Dense{10}};
    const SGD sgd{{.learning_rate = 0.1, .momentum = momentum}};
    return rules(diagnose(model, {.batch_size = 64, .dataset = &data, .optimizer = &sgd}));
  };
  CHECK_EQ(fmt::format("{}", fmt::join(in(0.99), ", ")), "high_learning_rate");
  CHECK_EQ(fmt::format("{}", fmt::join(in(0.5), ", ")), "");
}
