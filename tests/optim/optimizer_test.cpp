#include <gradus/core/parallel.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/adaptive/adagrad.h>
#include <gradus/optim/adaptive/nadam.h>
#include <gradus/optim/adaptive/rmsprop.h>
#include <gradus/optim/sgd.h>

#include "optim/parameter_list.h"
#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

using namespace gradus;

namespace {

static_assert(!std::is_copy_constructible_v<Adam> && !std::is_copy_assignable_v<SGD>);
static_assert(std::is_nothrow_move_constructible_v<Adam> && std::is_move_assignable_v<SGD>);

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Optimizer>()> make;
};

/// One optimizer per inner loop, with all options that add to the loop.
std::vector<Kind> kinds() {
  return {
      {"sgd", [] { return std::make_unique<SGD>(SGDOptions{.weight_decay = 0.1}); }},
      {"sgd momentum",
       [] { return std::make_unique<SGD>(SGDOptions{.momentum = 0.9, .nesterov = true, .weight_decay = 0.1}); }},
      {"adam", [] { return std::make_unique<Adam>(AdamOptions{.weight_decay = 0.1}); }},
      {"rmsprop", [] { return std::make_unique<RMSprop>(RMSpropOptions{.weight_decay = 0.1}); }},
      {"rmsprop momentum",
       [] {
         return std::make_unique<RMSprop>(RMSpropOptions{.momentum = 0.9, .centered = true, .weight_decay = 0.1});
       }},
      {"adagrad", [] { return std::make_unique<Adagrad>(AdagradOptions{.weight_decay = 0.1}); }},
      {"nadam", [] { return std::make_unique<NAdam>(NAdamOptions{.weight_decay = 0.1}); }},
      {"adamw amsgrad", [] { return std::make_unique<AdamW>(AdamWOptions{.weight_decay = 0.1, .amsgrad = true}); }},
  };
}

/// Three steps with different gradients.
void run(Optimizer& optimizer, const ParameterList& list) {
  for (int step = 0; step < 3; ++step) {
    for (Real& g : list[0].gradient().values()) g = Real(0.5) - g;
    optimizer.step(list.all());
  }
}

std::vector<Real> values_of(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

const std::vector<Shape> network = {{37, 20}, {20}, {20}, {20, 3}, {3}, {}, {0, 4}, {5, 5}};

class SignDescent : public Optimizer {
 public:
  explicit SignDescent(double learning_rate) : Optimizer("sign_descent", 0, learning_rate) {}

 private:
  void update(const Part& part) const override {
    const Real rate = static_cast<Real>(part.learning_rate);
    for (Index i = 0; i < part.size; ++i) part.weight[i] -= std::copysign(rate, part.gradient[i]);
  }
};

}  // namespace

TEST_CASE("optimizer: construction and defaults") {
  const Adam adam{{.learning_rate = 1e-3}};
  const SGD sgd{{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}};
  const AdamW adamw;
  CHECK_EQ(adam.learning_rate(), 1e-3);
  CHECK_EQ(sgd.learning_rate(), 0.05);
  CHECK_EQ(adamw.name(), "adamw");
  CHECK_EQ(adamw.steps(), 0);
  CHECK_EQ(AdamWOptions{}.weight_decay, 0.004);
  CHECK_EQ(AdamWOptions::pytorch().weight_decay, 0.01);
  CHECK_EQ(AdamWOptions::pytorch().epsilon, 1e-8);
  CHECK_EQ(AdamOptions::pytorch().epsilon, 1e-8);
  CHECK_EQ(AdamOptions::pytorch().weight_decay, 0);

  CHECK_EQ(RMSprop().learning_rate(), 1e-3);
  CHECK_EQ(RMSpropOptions{}.rho, 0.9);
  CHECK_EQ(RMSpropOptions{}.epsilon, 1e-7);
  CHECK_EQ(RMSprop(RMSpropOptions::pytorch()).learning_rate(), 0.01);
  CHECK_EQ(RMSpropOptions::pytorch().rho, 0.99);
  CHECK_EQ(RMSpropOptions::pytorch().epsilon, 1e-8);
  CHECK_EQ(Adagrad().learning_rate(), 1e-3);
  CHECK_EQ(AdagradOptions{}.initial_accumulator_value, 0.1);
  CHECK_EQ(Adagrad(AdagradOptions::pytorch()).learning_rate(), 0.01);
  CHECK_EQ(AdagradOptions::pytorch().initial_accumulator_value, 0);
  CHECK_EQ(AdagradOptions::pytorch().epsilon, 1e-10);
  CHECK_EQ(NAdam().learning_rate(), 1e-3);
  CHECK_EQ(NAdamOptions{}.epsilon, 1e-7);
  CHECK_EQ(NAdam(NAdamOptions::pytorch()).learning_rate(), 2e-3);
  CHECK_EQ(NAdamOptions::pytorch().epsilon, 1e-8);
}

TEST_CASE("optimizer: gradients are unchanged") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const ParameterList list(network);
    const auto gradients = list.gradients();
    const auto values = list.values();
    const auto optimizer = kind.make();
    optimizer->step(list.all());
    CHECK_EQ(optimizer->steps(), 1);
    CHECK(list.gradients() == gradients);
    for (std::size_t i = 0; i < values.size(); ++i) CHECK_NE(list.values()[i], values[i]);
  }
}

TEST_CASE("optimizer: one large parameter and many small ones have equal results") {
  constexpr Index size = 200'004;
  constexpr Index piece = 6;
  const Tensor values = Tensor::normal({size, 1}, 0, 1);
  const Tensor gradients = Tensor::normal({size, 1}, 0, 1);
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    ParameterList whole({});
    whole.add(values.clone()).set_gradient(gradients);
    ParameterList pieces({});
    for (Index i = 0; i < size; i += piece) {
      pieces.add(values.rows(i, i + piece).clone()).set_gradient(gradients.rows(i, i + piece));
    }
    const auto optimizer_of_whole = kind.make();
    const auto optimizer_of_pieces = kind.make();
    for (int step = 0; step < 2; ++step) {
      optimizer_of_whole->step(whole.all());
      optimizer_of_pieces->step(pieces.all());
    }
    CHECK(whole.values() == pieces.values());
  }
}

TEST_CASE("optimizer: the same bits for any number of threads") {
  const int before = threads();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    std::vector<Real> first;
    for (const int count : {1, 2, 4}) {
      set_threads(count);
      ParameterList list({{401, 300}, {300}, {300, 299}, {7}});
      run(*kind.make(), list);
      if (count == 1) first = list.values();
      CHECK(list.values() == first);
    }
  }
  set_threads(before);
}

TEST_CASE("optimizer: a frozen parameter and its state are unchanged") {
  ParameterList list({{4, 5}, {3, 3}, {2, 2}});
  SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
  optimizer.step(list.all());

  list[1].set_trainable(false);
  const std::vector<Real> frozen = values_of(list[1].value());
  const std::vector<Real> others = values_of(list[2].value());
  list[1].gradient().fill(std::numeric_limits<Real>::quiet_NaN());
  optimizer.step(list.all());
  CHECK(values_of(list[1].value()) == frozen);
  CHECK(values_of(list[2].value()) != others);

  // v is unchanged since the first step: -0.1 times the first gradient.
  list[1].set_trainable(true);
  list[1].gradient().fill(0);
  optimizer.step(list.all());
  const ParameterList again({{4, 5}, {3, 3}, {2, 2}});
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    const double expected = frozen[i] - 0.09 * again[1].gradient().values()[i];
    CHECK_EQ(list[1].value().values()[i], doctest::Approx(expected).epsilon(1e-6));
  }
}

TEST_CASE("optimizer: by default weight decay does not apply to parameters with one axis") {
  const auto after_a_step = [](Optimizer&& optimizer) {
    ParameterList list({});
    list.add(Tensor::full({1, 1}, 2));
    list.add(Tensor::full({1}, 2));
    list.add(Tensor::full({}, 2));
    optimizer.step(list.all());
    return list.values();
  };
  using Values = std::vector<Real>;
  CHECK(after_a_step(SGD{{.learning_rate = 0.5, .weight_decay = 0.25}}) == Values{1.75, 2, 2});
  CHECK(after_a_step(SGD{{.learning_rate = 0.5, .weight_decay = 0.25, .decay_rule = decay_all}}) ==
        Values{1.75, 1.75, 1.75});
  CHECK(after_a_step(SGD{{.learning_rate = 0.5, .weight_decay = 0.25, .decoupled_weight_decay = false}}) ==
        Values{1.75, 2, 2});
  CHECK(after_a_step(AdamW{{.learning_rate = 0.5, .weight_decay = 0.25}}) == Values{1.75, 2, 2});
  CHECK(after_a_step(AdamW{{.learning_rate = 0.5, .weight_decay = 0.25, .decay_rule = decay_all}}) ==
        Values{1.75, 1.75, 1.75});
  CHECK(after_a_step(Adam{{.learning_rate = 0.5, .weight_decay = 0.25}}) == Values{1.75, 2, 2});
  const Values l2 = after_a_step(Adam{{.learning_rate = 0.5, .weight_decay = 0.25, .decoupled_weight_decay = false}});
  CHECK_EQ(l2[0], doctest::Approx(1.5));
  CHECK_EQ(l2[1], 2);
}

TEST_CASE("optimizer: which parameters decay, by the built-in rules and a custom one") {
  ParameterList list({{2, 2}, {3}});
  const Adam plain;
  CHECK_EQ(plain.weight_decay(), 0);
  CHECK_FALSE(plain.decays(list[0]));
  const SGD kernels{{.weight_decay = 0.1}};
  CHECK_EQ(kernels.weight_decay(), 0.1);
  CHECK(kernels.decays(list[0]));
  CHECK_FALSE(kernels.decays(list[1]));
  NAdamOptions pytorch = NAdamOptions::pytorch();
  pytorch.weight_decay = 0.1;
  CHECK(NAdam(pytorch).decays(list[1]));
  const auto only_p1 = [](const Parameter& parameter) { return parameter.name() == "p1"; };
  const RMSprop custom{{.weight_decay = 0.1, .decay_rule = only_p1}};
  CHECK_FALSE(custom.decays(list[0]));
  CHECK(custom.decays(list[1]));
}

TEST_CASE("optimizer: L2 decay changes the state, decoupled decay does not; the PyTorch presets use L2") {
  const auto decay_changes_state = [](Optimizer&& optimizer) {
    ParameterList list({});
    Parameter& w = list.add(Tensor::full({1, 1}, 2));
    optimizer.step(list.all());  // the gradient is 0: w decays
    const Real before = w.value().item();
    CHECK_LT(before, 2);
    w.value().fill(0);  // no further decay
    optimizer.step(list.all());
    return w.value().item() != 0;  // the state moves w
  };
  CHECK_FALSE(decay_changes_state(SGD{{.momentum = 0.9, .weight_decay = 0.1}}));
  CHECK_FALSE(decay_changes_state(RMSprop{{.momentum = 0.9, .weight_decay = 0.1}}));
  CHECK_FALSE(decay_changes_state(NAdam{{.weight_decay = 0.1}}));
  CHECK_FALSE(decay_changes_state(AdamW{{.weight_decay = 0.1}}));
  CHECK_FALSE(decay_changes_state(Adam{{.weight_decay = 0.1}}));
  AdamOptions adam = AdamOptions::pytorch();
  adam.weight_decay = 0.1;
  CHECK(decay_changes_state(Adam(adam)));
  AdamWOptions adamw = AdamWOptions::pytorch();
  adamw.weight_decay = 0.1;
  CHECK_FALSE(decay_changes_state(AdamW(adamw)));
  SGDOptions sgd = SGDOptions::pytorch();
  sgd.momentum = 0.9;
  sgd.weight_decay = 0.1;
  CHECK(decay_changes_state(SGD(sgd)));
  RMSpropOptions rmsprop = RMSpropOptions::pytorch();
  rmsprop.momentum = 0.9;
  rmsprop.weight_decay = 0.1;
  CHECK(decay_changes_state(RMSprop(rmsprop)));
  NAdamOptions nadam = NAdamOptions::pytorch();
  nadam.weight_decay = 0.1;
  CHECK(decay_changes_state(NAdam(nadam)));

  // Adagrad's state does not move w without a gradient. Its first L2 step is the learning rate, for any decay.
  ParameterList list({});
  list.add(Tensor::full({1}, 2));
  AdagradOptions adagrad = AdagradOptions::pytorch();
  adagrad.weight_decay = 0.1;
  Adagrad(adagrad).step(list.all());
  CHECK_EQ(list.values()[0], doctest::Approx(1.99));
}

TEST_CASE("optimizer: the learning rate of a parameter is multiplied by its multiplier") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const std::vector<Shape> shapes = {{2, 3}, {2, 3}, {4}};
    const ParameterList list(shapes);
    const ParameterList whole(shapes);
    const ParameterList half(shapes);
    const auto optimizer = kind.make();
    const auto of_whole = kind.make();
    const auto of_half = kind.make();
    of_half->set_learning_rate(optimizer->learning_rate() / 2);
    Parameter* const rest[] = {&list[0]};
    Parameter* const slow[] = {&list[1]};
    optimizer->set_learning_rate_multiplier(Parameters(rest), 0);
    optimizer->set_learning_rate_multiplier(Parameters(slow), 0.5);
    CHECK_EQ(optimizer->learning_rate_multiplier(list[1]), 0.5);
    CHECK_EQ(optimizer->learning_rate_multiplier(list[2]), 1);
    const auto start = values_of(list[0].value());
    run(*optimizer, list);
    run(*of_whole, whole);
    run(*of_half, half);
    CHECK(values_of(list[0].value()) == start);
    CHECK(values_of(list[1].value()) == values_of(half[1].value()));
    CHECK(values_of(list[1].value()) != values_of(whole[1].value()));
    CHECK(values_of(list[2].value()) == values_of(whole[2].value()));
  }
  const ParameterList list(std::vector<Shape>{{2}});
  CHECK_EQ(error_text<ValueError>([&] { SGD{}.set_learning_rate_multiplier(list.all(), -1); }),
           "[sgd] expected a finite learning rate multiplier, at least 0, got -1");
  CHECK_EQ(error_text<ValueError>([&] { Adam{}.set_learning_rate_multiplier(list.all(), std::nan("")); }),
           "[adam] expected a finite learning rate multiplier, at least 0, got nan");
}

TEST_CASE("optimizer: Adam's weight decay is Keras's") {
  ParameterList list({});
  list.add(Tensor::full({1, 1}, 2));
  for (int step = 0; step < 3; ++step) Adam{{.learning_rate = 1, .weight_decay = 0.004}}.step(list.all());
  CHECK_EQ(list.values()[0], doctest::Approx(1.9760959).epsilon(1e-7));
}

TEST_CASE("optimizer: state that changes by many orders of magnitude") {
  // PyTorch: v is infinite after 1e25 (its square is), and the weight stays; nothing is NaN.
  const auto after = [](Optimizer&& optimizer, const std::vector<double>& gradients) {
    ParameterList list({});
    Parameter& w = list.add(Tensor::ones({1}));
    for (const double g : gradients) {
      w.set_gradient(Tensor::full({1}, static_cast<Real>(g)));
      optimizer.step(list.all());
    }
    return list.values()[0];
  };
  for (const double g : {1e25, -1e25}) {
    for (const bool amsgrad : {false, true}) {
      CHECK_EQ(after(Adam{{.amsgrad = amsgrad}}, {g, 1, 1}), 1);
      CHECK_EQ(after(AdamW{{.decay_rule = decay_all, .amsgrad = amsgrad}}, {g, 1, 1}),
               doctest::Approx(1).epsilon(1e-4));
    }
    CHECK_EQ(after(RMSprop{}, {g, 1, 1}), 1);
    CHECK_EQ(after(RMSprop{{.centered = true}}, {g, 1, 1}), 1);
    CHECK_EQ(after(Adagrad{}, {g, 1, 1}), 1);
    CHECK_EQ(after(NAdam{}, {g, 1, 1}), 1);
  }
  // Without a memory of the past every step has the length of the learning rate, whatever came before.
  for (const double big : {1e4, 1e8, 1e15}) {
    CAPTURE(big);
    CHECK_EQ(after(Adam{{.learning_rate = 0.125, .beta_1 = 0, .beta_2 = 0}}, {big, 1}),
             doctest::Approx(0.75).epsilon(1e-6));
    CHECK_EQ(after(RMSprop{{.learning_rate = 0.125, .rho = 0}}, {big, 1}), doctest::Approx(0.75).epsilon(1e-6));
    CHECK_EQ(after(Adam{{.learning_rate = 0.125, .beta_1 = 0, .beta_2 = 0}}, {big, 1e-3}),
             doctest::Approx(0.75).epsilon(1e-3));
  }
  // Two gradients whose difference overflows.
  const double max = std::numeric_limits<float>::max();
  CHECK(std::isfinite(after(Adam{}, {max, -max, 1})));
  CHECK(std::isfinite(after(NAdam{}, {max, -max, 1})));
  CHECK(std::isfinite(after(RMSprop{{.centered = true}}, {max, -max, 1})));
}

TEST_CASE("optimizer: centered RMSprop stays finite if rounding makes the variance negative") {
  ParameterList list({});
  Parameter& w = list.add(Tensor::zeros({64}));
  Generator random(1);
  for (const bool pytorch : {false, true}) {
    w.value().fill(0);
    RMSpropOptions options = pytorch ? RMSpropOptions::pytorch() : RMSpropOptions{};
    options.rho = 0.9;
    options.centered = true;
    RMSprop optimizer(options);
    for (int step = 0; step < 400; ++step) {
      w.set_gradient(Tensor::uniform({64}, 100, Real(100.0001), random));  // almost no variance
      optimizer.step(list.all());
    }
    for (const Real value : list.values()) CHECK(std::isfinite(value));
  }
}

TEST_CASE("optimizer: a decay too small for float's 1 - learning_rate * decay still acts on average") {
  Generator random(3);
  const Tensor start = Tensor::uniform({1000, 1}, 1, 2, random);
  double sums[2] = {};
  for (const bool decays : {false, true}) {
    Generator same(4);
    ParameterList list({});
    Parameter& w = list.add(start.clone());
    AdamW optimizer{{.learning_rate = 1e-4, .weight_decay = decays ? 2e-4 : 0}};
    for (int step = 0; step < 100; ++step) {
      w.set_gradient(Tensor::normal({1000, 1}, 0, 1, same));
      optimizer.step(list.all());
    }
    for (const Real value : w.value().values()) sums[decays ? 1 : 0] += value;
  }
  const double expected = sums[0] * 100 * 1e-4 * 2e-4;
  CHECK_EQ((sums[0] - sums[1]) / expected, doctest::Approx(1).epsilon(0.05));
}

TEST_CASE("optimizer: at learning rate 0 a step updates the state only") {
  const ParameterList list({{3, 3}});
  const ParameterList control({{3, 3}});
  SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9, .convention = Convention::pytorch}};
  optimizer.set_learning_rate(0);
  optimizer.step(list.all());
  CHECK(list.values() == control.values());
  optimizer.set_learning_rate(0.1);
  CHECK_EQ(optimizer.learning_rate(), 0.1);
  optimizer.step(list.all());
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK_EQ(list.values()[i], doctest::Approx(control.values()[i] - 0.19 * control.gradients()[i]).epsilon(1e-6));
  }
}

TEST_CASE("optimizer: a weight whose gradients are 0 is unchanged") {
  ParameterList list({});
  list.add(Tensor::ones({2, 2}));
  for (const double epsilon : {1e-7, 1e-30}) {
    AdamOptions options = AdamOptions::pytorch();
    options.epsilon = epsilon;
    Adam(options).step(list.all());
    CHECK(list.values() == std::vector<Real>(4, 1));
  }
}

TEST_CASE("optimizer: can be moved during training") {
  const ParameterList list(network);
  const ParameterList control(network);
  SGD a{{.momentum = 0.9}};
  SGD b{{.momentum = 0.9}};
  run(a, list);
  run(b, control);
  SGD moved = std::move(a);
  run(moved, list);
  run(b, control);
  CHECK(list.values() == control.values());
  CHECK_EQ(moved.steps(), 6);
  CHECK(error_text<StateError>([&] { a.step(list.all()); }) ==
        "[optimizer] expected an optimizer, got one that was moved from");
}

TEST_CASE("optimizer: weight decay is set, and cloned") {
  Adam optimizer{{.weight_decay = 0.1}};
  optimizer.set_weight_decay(0.2);
  CHECK(optimizer.weight_decay() == 0.2);
  CHECK(optimizer.clone()->weight_decay() == 0.2);
  CHECK_EQ(error_text<ValueError>([&] { optimizer.set_weight_decay(-1); }),
           "[adam] expected a finite weight decay, at least 0, got -1");
  CHECK(optimizer.weight_decay() == 0.2);
}

TEST_CASE("optimizer: a clone goes on like the original, which does not see its steps") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const ParameterList list(network);
    const std::unique_ptr<Optimizer> optimizer = kind.make();
    optimizer->set_learning_rate_multiplier(list.all(), 0.5);
    run(*optimizer, list);
    optimizer->set_learning_rate(0.02);
    const std::unique_ptr<Optimizer> clone = optimizer->clone();
    std::vector<Tensor> before;
    for (const Parameter& p : list.all()) before.push_back(p.value().clone());
    const Tensor gradient = list[0].gradient().clone();
    run(*clone, list);
    const std::vector<Real> expected = list.values();
    CHECK_EQ(clone->steps(), 6);
    CHECK_EQ(optimizer->steps(), 3);
    for (std::size_t i = 0; i < before.size(); ++i) list[i].value().copy_from(before[i]);
    list[0].set_gradient(gradient);
    run(*optimizer, list);
    CHECK(list.values() == expected);
  }
  CHECK(SignDescent(0.25).clone() == nullptr);
}

TEST_CASE("optimizer: a custom optimizer") {
  ParameterList list({{2, 2}});
  const auto before = list.values();
  SignDescent(0.25).step(list.all());
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK_EQ(std::abs(list.values()[i] - before[i]), doctest::Approx(0.25));
  }
  CHECK_THROWS_WITH_AS(SignDescent(0), "[sign_descent] expected a learning rate above 0 and at most 1000, got 0",
                       ValueError);
}

TEST_CASE("optimizer: an exception of a custom update reaches the caller of step, and later steps work") {
  class Throwing : public Optimizer {
   public:
    Throwing() : Optimizer("throwing", 0, 0.01) {}
    std::int64_t last_step = 1;

   private:
    void update(const Part& part) const override {
      if (steps() > last_step) throw std::runtime_error(std::to_string(part.weight[0]));
    }
  };
  const int before = threads();
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    ParameterList list({{701, 300}, {300, 700}});
    for (Parameter& parameter : list.all()) {
      for (std::size_t i = 0; Real & w : parameter.value().values()) w = static_cast<Real>(i++ / 1000);
    }
    Throwing optimizer;
    optimizer.step(list.all());
    for (int step = 0; step < 20; ++step) {
      CHECK_THROWS_WITH_AS(optimizer.step(list.all()), "0.000000", std::runtime_error);  // of the first chunk
    }
    CHECK_EQ(optimizer.steps(), 21);
    optimizer.last_step = 22;
    CHECK_NOTHROW(optimizer.step(list.all()));
    SGD{}.step(list.all());
  }
  const auto throwing_rule = [](const Parameter&) -> bool { throw std::runtime_error("from the rule"); };
  const ParameterList list({{701, 300}, {300, 700}});
  SGD sgd{{.weight_decay = 0.1, .decay_rule = throwing_rule}};
  CHECK_THROWS_WITH_AS(sgd.step(list.all()), "from the rule", std::runtime_error);
  set_threads(before);
}

TEST_CASE("optimizer: parameters that are not those of the first step are an error") {
  ParameterList list({{2, 2}, {3}});
  const ParameterList other({{2, 2}, {3}});
  Adam optimizer;
  optimizer.step(list.all());
  const auto values = other.values();
  CHECK_THROWS_WITH_AS(optimizer.step(other.all()),
                       "[adam] expected the 2 parameters of the first step, got a different list of 2; create one "
                       "optimizer per model",
                       StateError);
  CHECK(other.values() == values);
  Parameter* const swapped[] = {&list[1], &list[0]};
  CHECK_THROWS_AS(optimizer.step(Parameters(swapped)), StateError);
  list.add(Tensor::ones({1}));
  CHECK_THROWS_WITH_AS(optimizer.step(list.all()),
                       "[adam] expected the 2 parameters of the first step, got a different list of 3; create one "
                       "optimizer per model",
                       StateError);
  CHECK_EQ(optimizer.steps(), 1);

  ParameterList grown({{2, 2}});
  SGD sgd;
  sgd.step(grown.all());
  grown[0].value() = Tensor::ones({3, 2});
  CHECK_THROWS_WITH_AS(sgd.step(grown.all()), "[sgd] expected a gradient of shape (3, 2) for 'p0', got (2, 2)",
                       ShapeError);
  grown[0].gradient() = Tensor::ones({3, 2});
  CHECK_THROWS_AS(sgd.step(grown.all()), StateError);
}

TEST_CASE("optimizer: options out of range are errors") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS((Adam{{.learning_rate = nan}}),
                       "[adam] expected a learning rate above 0 and at most 1000, got nan", ValueError);
  CHECK_THROWS_WITH_AS((SGD{{.learning_rate = 0}}), "[sgd] expected a learning rate above 0 and at most 1000, got 0",
                       ValueError);
  CHECK_THROWS_WITH_AS((AdamW{{.learning_rate = -0.1}}),
                       "[adamw] expected a learning rate above 0 and at most 1000, got -0.1", ValueError);
  CHECK_THROWS_WITH_AS((Adam{{.learning_rate = 1e9}}),
                       "[adam] expected a learning rate above 0 and at most 1000, got 1000000000", ValueError);
  CHECK_NOTHROW(SGD{{.learning_rate = 1000}});

  CHECK_THROWS_WITH_AS((SGD{{.momentum = 1}}), "[sgd] expected a momentum in [0, 1), got 1", ValueError);
  CHECK_THROWS_WITH_AS((SGD{{.momentum = -1}}), "[sgd] expected a momentum in [0, 1), got -1", ValueError);
  CHECK_THROWS_WITH_AS((SGD{{.momentum = nan}}), "[sgd] expected a momentum in [0, 1), got nan", ValueError);
  CHECK_THROWS_WITH_AS(
      (SGD{{.nesterov = true}}),
      "[sgd] expected a momentum above 0 for nesterov, got 0; set SGDOptions::momentum, usually to 0.9", ValueError);

  CHECK_THROWS_WITH_AS((Adam{{.beta_1 = 1}}), "[adam] expected beta_1 in [0, 1), got 1", ValueError);
  CHECK_THROWS_WITH_AS((Adam{{.beta_1 = nan}}), "[adam] expected beta_1 in [0, 1), got nan", ValueError);
  CHECK_THROWS_WITH_AS((AdamW{{.beta_2 = 1}}), "[adamw] expected beta_2 in [0, 1), got 1", ValueError);
  CHECK_THROWS_WITH_AS((AdamW{{.beta_2 = -0.5}}), "[adamw] expected beta_2 in [0, 1), got -0.5", ValueError);
  CHECK_THROWS_WITH_AS((Adam{{.epsilon = 0}}), "[adam] expected an epsilon above 0 (1e-30 to 1e6), got 0", ValueError);
  CHECK_THROWS_AS((Adam{{.epsilon = nan}}), ValueError);
  CHECK_THROWS_AS((Adam{{.epsilon = infinity}}), ValueError);

  const auto text = [](auto make) { return error_text<ValueError>(make); };
  CHECK_EQ(text([] { RMSprop{{.learning_rate = 0}}; }),
           "[rmsprop] expected a learning rate above 0 and at most 1000, got 0");
  CHECK_EQ(text([] { RMSprop{{.rho = 1}}; }), "[rmsprop] expected rho in [0, 1), got 1");
  CHECK_EQ(text([&] { RMSprop{{.rho = nan}}; }), "[rmsprop] expected rho in [0, 1), got nan");
  CHECK_EQ(text([] { RMSprop{{.momentum = -0.1}}; }), "[rmsprop] expected a momentum in [0, 1), got -0.1");
  CHECK_EQ(text([] { RMSprop{{.epsilon = 0}}; }), "[rmsprop] expected an epsilon above 0 (1e-30 to 1e6), got 0");
  CHECK_EQ(text([&] { RMSprop{{.weight_decay = nan}}; }),
           "[rmsprop] expected a finite weight decay, at least 0, got nan");
  CHECK_EQ(text([] { RMSprop{{.weight_decay = 0.1, .decay_rule = nullptr}}; }),
           "[rmsprop] expected a decay rule, got null; set decay_kernels or decay_all");
  CHECK_EQ(text([] { Adagrad{{.learning_rate = -1}}; }),
           "[adagrad] expected a learning rate above 0 and at most 1000, got -1");
  CHECK_EQ(text([] { Adagrad{{.initial_accumulator_value = -1}}; }),
           "[adagrad] expected a finite initial_accumulator_value, at least 0, got -1");
  CHECK_EQ(text([&] { Adagrad{{.initial_accumulator_value = infinity}}; }),
           "[adagrad] expected a finite initial_accumulator_value, at least 0, got inf");
  CHECK_EQ(text([] { Adagrad{{.epsilon = -1}}; }), "[adagrad] expected an epsilon above 0 (1e-30 to 1e6), got -1");
  CHECK_EQ(text([] { NAdam{{.beta_1 = 1}}; }), "[nadam] expected beta_1 in [0, 1), got 1");
  CHECK_EQ(text([] { NAdam{{.beta_2 = -1}}; }), "[nadam] expected beta_2 in [0, 1), got -1");
  CHECK_EQ(text([] { NAdam{{.epsilon = 0}}; }), "[nadam] expected an epsilon above 0 (1e-30 to 1e6), got 0");
  CHECK_EQ(text([] { NAdam{{.momentum_decay = -1}}; }), "[nadam] expected a finite momentum_decay, at least 0, got -1");
  CHECK_EQ(text([&] { NAdam{{.momentum_decay = infinity}}; }),
           "[nadam] expected a finite momentum_decay, at least 0, got inf");

  CHECK_THROWS_WITH_AS((SGD{{.weight_decay = -1}}), "[sgd] expected a finite weight decay, at least 0, got -1",
                       ValueError);
  CHECK_THROWS_WITH_AS((Adam{{.weight_decay = infinity}}), "[adam] expected a finite weight decay, at least 0, got inf",
                       ValueError);
  CHECK_THROWS_WITH_AS((AdamW{{.weight_decay = nan}}), "[adamw] expected a finite weight decay, at least 0, got nan",
                       ValueError);

  SGD sgd;
  CHECK_NOTHROW(sgd.set_learning_rate(0));
  CHECK_THROWS_WITH_AS(sgd.set_learning_rate(-1), "[sgd] expected a learning rate from 0 to 1000, got -1", ValueError);
  CHECK_THROWS_WITH_AS(sgd.set_learning_rate(nan), "[sgd] expected a learning rate from 0 to 1000, got nan",
                       ValueError);
  CHECK_THROWS_AS(sgd.set_learning_rate(1001), ValueError);
  CHECK_EQ(sgd.learning_rate(), 0);
}
