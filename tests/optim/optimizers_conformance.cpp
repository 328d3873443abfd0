#include <gradus/optim/adam.h>
#include <gradus/optim/adaptive/adagrad.h>
#include <gradus/optim/adaptive/nadam.h>
#include <gradus/optim/adaptive/rmsprop.h>
#include <gradus/optim/clipping/clip.h>
#include <gradus/optim/sgd.h>

#include "optim/parameter_list.h"
#include "support/fixture.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <type_traits>

using namespace gradus;

namespace {

// In float every step rounds weights of up to 5 to 2.4e-7, and momentum multiplies an error of the state by up to 10.
constexpr double tolerance = std::is_same_v<Real, double> ? 1e-12 : 1e-5;

void check_close(const Tensor& result, const std::vector<double>& expected) {
  REQUIRE_EQ(static_cast<std::size_t>(result.size()), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("element ", i, ": ", result.values()[i], " for ", expected[i]);
    CHECK_LE(std::abs(static_cast<double>(result.values()[i]) - expected[i]), tolerance * (1 + std::abs(expected[i])));
  }
}

std::unique_ptr<Optimizer> make_optimizer(const Fixture& fixture) {
  const CaseOptions& o = fixture.options;
  const Convention convention = o.text("convention") == "pytorch" ? Convention::pytorch : Convention::keras;
  const auto number = [&](const char* key) { return o.has(key) ? o.number(key) : 0; };
  const auto flag = [&](const char* key) { return number(key) != 0; };
  if (fixture.row == "sgd") {
    return std::make_unique<SGD>(SGDOptions{.learning_rate = o.number("learning_rate"),
                                            .momentum = number("momentum"),
                                            .nesterov = flag("nesterov"),
                                            .weight_decay = number("weight_decay"),
                                            .decoupled_weight_decay = flag("decoupled"),
                                            .convention = convention});
  }
  if (fixture.row == "rmsprop") {
    return std::make_unique<RMSprop>(RMSpropOptions{.learning_rate = o.number("learning_rate"),
                                                    .rho = o.number("rho"),
                                                    .momentum = number("momentum"),
                                                    .epsilon = o.number("epsilon"),
                                                    .centered = flag("centered"),
                                                    .weight_decay = number("weight_decay"),
                                                    .decoupled_weight_decay = flag("decoupled"),
                                                    .convention = convention});
  }
  if (fixture.row == "adagrad") {
    return std::make_unique<Adagrad>(AdagradOptions{.learning_rate = o.number("learning_rate"),
                                                    .initial_accumulator_value = o.number("initial_accumulator_value"),
                                                    .epsilon = o.number("epsilon"),
                                                    .weight_decay = number("weight_decay"),
                                                    .decoupled_weight_decay = flag("decoupled"),
                                                    .convention = convention});
  }
  if (fixture.row == "nadam") {
    return std::make_unique<NAdam>(NAdamOptions{.learning_rate = o.number("learning_rate"),
                                                .beta_1 = o.number("beta1"),
                                                .beta_2 = o.number("beta2"),
                                                .epsilon = o.number("epsilon"),
                                                .momentum_decay = o.number("momentum_decay"),
                                                .weight_decay = number("weight_decay"),
                                                .decoupled_weight_decay = flag("decoupled")});
  }
  const auto adam_options = [&](auto options) {
    options.learning_rate = o.number("learning_rate");
    options.beta_1 = o.number("beta1");
    options.beta_2 = o.number("beta2");
    options.epsilon = o.number("epsilon");
    options.weight_decay = o.number("weight_decay");
    options.decoupled_weight_decay = fixture.row == "adamw";  // the reference for adam adds L2 in both conventions
    options.amsgrad = o.flag("amsgrad");
    options.convention = convention;
    return options;
  };
  if (fixture.row == "adam") return std::make_unique<Adam>(adam_options(AdamOptions{}));
  REQUIRE_EQ(fixture.row, "adamw");
  return std::make_unique<AdamW>(adam_options(AdamWOptions{}));
}

void check_optimizer(const Fixture& fixture) {
  const auto optimizer = make_optimizer(fixture);
  ParameterList list({});
  Parameter& weight = list.add(find(fixture.inputs, "weight")->tensor());
  const bool changes = fixture.options.has("change_at");
  for (Index step = 1; const Values* gradient = find(fixture.inputs, "gradient" + std::to_string(step)); ++step) {
    if (changes && step == fixture.options.index("change_at")) {
      optimizer->set_learning_rate(fixture.options.number("learning_rate_after"));
    }
    weight.set_gradient(gradient->tensor());
    optimizer->step(list.all());
  }
  CHECK_EQ(optimizer->steps(), 8);
  check_close(weight.value(), fixture.output.numbers);
}

void check_clipping(const Fixture& fixture) {
  ParameterList list({});
  for (const auto& [name, values] : fixture.inputs) {
    list.add(Tensor::zeros(values.shape)).set_gradient(values.tensor());
  }
  if (fixture.row == "clip_by_norm") {
    clip_by_norm(list.all(), fixture.options.number("limit"));
  } else if (fixture.row == "clip_by_value") {
    clip_by_value(list.all(), fixture.options.number("limit"));
  } else {
    const double norm = clip_by_global_norm(list.all(), fixture.options.number("max_norm"));
    CHECK_LE(std::abs(norm - fixture.output.numbers[0]), 1e-12);
  }
  std::size_t i = 0;
  for (const auto& [name, expected] : fixture.after) check_close(list[i++].gradient(), expected.numbers);
}

/// Three steps on f = sum c (w - a)^2 from w = [1, -2], with a = [3, .5] and c = [1, .1].
Tensor after_three_steps(Optimizer&& optimizer) {
  ParameterList list({});
  Parameter& w = list.add(Tensor::from({{1, -2}}));
  for (int step = 0; step < 3; ++step) {
    const Real* at = w.value().data();
    w.set_gradient(Tensor::from({{2 * (at[0] - 3), Real(0.2) * (at[1] - Real(0.5))}}));
    optimizer.step(list.all());
  }
  return w.value();
}

}  // namespace

TEST_CASE("optimizers: equal to PyTorch and Keras in all fixtures") {
  std::size_t optimizers = 0;
  for (const Fixture& fixture : read_fixtures("optimizers.txt")) {
    CAPTURE(fixture.title());
    if (fixture.row.starts_with("clip")) {
      check_clipping(fixture);
    } else {
      check_optimizer(fixture);
      ++optimizers;
    }
  }
  CHECK_EQ(optimizers, 80);
}

TEST_CASE("optimizers: reference values") {
  AdamOptions adam = AdamOptions::pytorch();
  adam.learning_rate = 0.1;
  check_close(after_three_steps(Adam(adam)), {1.299376607953535, -1.7004739393540687});
  adam.weight_decay = 1;
  check_close(after_three_steps(Adam(adam)), {1.2984137275734313, -1.7005924371542152});

  AdamWOptions adamw = AdamWOptions::pytorch();
  adamw.learning_rate = 0.1;
  adamw.weight_decay = 1;
  check_close(after_three_steps(AdamW(adamw)), {0.9999999993236159, -1.18891989096267});

  SGDOptions sgd = SGDOptions::pytorch();
  sgd.learning_rate = 0.1;
  sgd.momentum = 0.9;
  sgd.nesterov = true;
  sgd.weight_decay = 0.1;
  check_close(after_three_steps(SGD(sgd)), {3.118012741, -1.465344683});
  sgd.convention = Convention::keras;  // equal for a constant learning rate
  check_close(after_three_steps(SGD(sgd)), {3.118012741, -1.465344683});
}
