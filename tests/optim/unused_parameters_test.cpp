#include <gradus/gradus.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

/// Two layers of one weight, 1 at first, of which `use` says the one that is called.
struct TwoHeads : Layer {
  Dense a{1, {.use_bias = false, .kernel_initializer = "ones"}},
      b{1, {.use_bias = false, .kernel_initializer = "ones"}};
  int use = 0;

  Children children() override { return {{"a", a}, {"b", b}}; }
  void create_parameters(const Shape& shape) override {
    a.build(shape);
    b.build(shape);
  }
  Variable forward(const Variable& x, Mode mode) override { return use == 0 ? a(x, mode) : b(x, mode); }

  Real weight(const char* name) { return parameters()[name].value().item(); }
};

void backward(TwoHeads& model, int use, BackwardOptions options = {}) {
  model.use = use;
  GradientTape tape;
  tape.backward(sum(model(Tensor::ones({1, 1}), Mode::training)), options);
}

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Optimizer>()> make;
};

/// All optimizers, with all that moves a weight without a gradient: momentum, decay.
std::vector<Kind> kinds() {
  const auto of = [](auto options, auto make) { return [=] { return make(options); }; };
  const auto decayed = [](auto options) {
    options.learning_rate = 0.1;
    options.weight_decay = 0.1;
    return options;
  };
  SGDOptions momentum = decayed(SGDOptions{.momentum = 0.9, .nesterov = true});
  SGDOptions l2 = decayed(SGDOptions::pytorch());
  RMSpropOptions centered = decayed(RMSpropOptions{.momentum = 0.9, .centered = true});
  const auto sgd = [](const SGDOptions& o) { return std::make_unique<SGD>(o); };
  const auto adam = [](const AdamOptions& o) { return std::make_unique<Adam>(o); };
  const auto adamw = [](const AdamWOptions& o) { return std::make_unique<AdamW>(o); };
  const auto rmsprop = [](const RMSpropOptions& o) { return std::make_unique<RMSprop>(o); };
  return {{"sgd", of(decayed(SGDOptions{}), sgd)},
          {"sgd momentum", of(momentum, sgd)},
          {"sgd l2", of(l2, sgd)},
          {"adam", of(decayed(AdamOptions{.amsgrad = true}), adam)},
          {"adam l2", of(decayed(AdamOptions::pytorch()), adam)},
          {"adamw", of(decayed(AdamWOptions{}), adamw)},
          {"rmsprop", of(centered, rmsprop)},
          {"adagrad", [=] { return std::make_unique<Adagrad>(decayed(AdagradOptions{})); }},
          {"nadam", [=] { return std::make_unique<NAdam>(decayed(NAdamOptions{})); }}};
}

}  // namespace

TEST_CASE("a parameter that the loss of a step does not use stays where it is, for every optimizer") {
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    TwoHeads model;
    model.build({1});
    const auto optimizer = kind.make();
    backward(model, 0);
    optimizer->step(model.parameters());
    const Real a = model.weight("a.kernel");
    CHECK(a < 1);
    CHECK(model.weight("b.kernel") == 1);
    for (int step = 1; step < 5; ++step) {
      backward(model, 1);
      clip_by_global_norm(model.parameters(), 0.5);
      const Real b = model.weight("b.kernel");
      optimizer->step(model.parameters());
      CHECK(model.weight("a.kernel") == a);
      CHECK(model.weight("b.kernel") < b);
    }
  }
}

TEST_CASE("fit moves only what the loss uses, with and without gradient accumulation") {
  struct Alternating : Callback {
    explicit Alternating(TwoHeads& heads) : model(heads) {}
    void on_step_end(TrainingState&) override {
      weights.push_back(model.weight("a.kernel"));
      model.use = 1;
    }
    TwoHeads& model;
    std::vector<Real> weights;
  };
  for (const Index accumulation : {1, 2}) {
    CAPTURE(accumulation);
    TwoHeads model;
    model.build({1});
    SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
    Alternating alternating(model);
    fit(model, optimizer, Dataset(Tensor::ones({16, 1}), Tensor::zeros({16, 1})),
        {.epochs = 2,
         .batch_size = 2,
         .gradient_accumulation_steps = accumulation,
         .show_progress = false,
         .callbacks = {&alternating}});
    CHECK(alternating.weights.front() < 1);
    for (const Real weight : alternating.weights) CHECK(weight == alternating.weights.front());
    CHECK(model.weight("b.kernel") < 1);
  }
}

TEST_CASE("clipping ignores gradients of earlier steps") {
  TwoHeads model;
  model.build({1});
  SGD optimizer(0.1);
  backward(model, 0);
  optimizer.step(model.parameters());
  backward(model, 1);
  CHECK(clip_by_global_norm(model.parameters(), 10) == 1);
  CHECK_FALSE(model.parameters()["a.kernel"].has_gradient());
  optimizer.step(model.parameters());
  CHECK(clip_by_global_norm(model.parameters(), 10) == 1);  // after the step that used it

  // Also where several threads clip.
  Dense first{700, {.use_bias = false}}, second{700, {.use_bias = false}};
  first.build({400});
  second.build({400});
  Adam adam;
  const Parameters all = join(first.parameters(), second.parameters());
  const Tensor x = Tensor::ones({2, 400});
  for (Dense* layer : {&first, &second}) {
    GradientTape tape;
    tape.backward(sum((*layer)(x, Mode::training)));
    CHECK(clip_by_global_norm(all, 1e9) == doctest::Approx(std::sqrt(400 * 700 * 4.0)));
    adam.step(all);
  }
  clip_by_value(all, 0.5);
  for (const Real g : std::as_const(second.parameters()[0]).gradient().values()) CHECK(g == 0.5);
  CHECK_FALSE(first.parameters()[0].has_gradient());
}

TEST_CASE("a gradient is used once") {
  TwoHeads model;
  model.build({1});
  SGD optimizer{{.learning_rate = 0.25, .momentum = 0.5}};
  backward(model, 0);
  optimizer.step(model.parameters());
  CHECK(model.weight("a.kernel") == 0.75);
  CHECK(error_text<StateError>([&] { optimizer.step(model.parameters()); }) ==
        "[sgd] expected a backward pass before every step, got none since the last; call tape.backward(loss), or write "
        "gradients by set_gradient");
  CHECK(error_text<StateError>([&] { SGD().step(model.parameters()); }).starts_with("[sgd] expected a backward pass"));
  CHECK(model.weight("a.kernel") == 0.75);
  CHECK(optimizer.steps() == 1);
  model.parameters()["a.kernel"].set_gradient(Tensor::ones({1, 1}));
  optimizer.step(model.parameters());
  CHECK(model.weight("a.kernel") == 0.375);
}

TEST_CASE("a step with one new gradient leaves parameters alone whose gradients are used, without a backward pass") {
  TwoHeads model;
  model.build({1});
  SGD sgd{0.5};
  for (Parameter& parameter : model.parameters()) parameter.set_gradient(Tensor::ones({1, 1}));
  sgd.step(model.parameters());
  model.parameters()["b.kernel"].set_gradient(Tensor::ones({1, 1}));
  sgd.step(model.parameters());
  CHECK(model.weight("a.kernel") == Real(0.5));
  CHECK(model.weight("b.kernel") == Real(0));
}

TEST_CASE("an optimizer whose parameters the loss did not use does nothing") {
  TwoHeads model;
  model.build({1});
  SGD of_a(0.25), of_b(0.25);
  for (int step = 0; step < 3; ++step) {
    backward(model, 1);
    of_a.step(model.a.parameters());
    of_b.step(model.b.parameters());
  }
  CHECK(model.weight("a.kernel") == 1);
  CHECK(model.weight("b.kernel") == 0.25);
  CHECK(of_a.steps() == 0);
}

TEST_CASE("several backward passes before a step") {
  TwoHeads model;
  model.build({1});
  SGD optimizer(0.25);
  SUBCASE("accumulate") {
    backward(model, 0);
    backward(model, 1, {.accumulate = true});
    backward(model, 1, {.accumulate = true});
    optimizer.step(model.parameters());
    CHECK(model.weight("a.kernel") == 0.75);
    CHECK(model.weight("b.kernel") == 0.5);
  }
  SUBCASE("accumulate in a loop that never does without it") {
    for (int step = 0; step < 3; ++step) {
      backward(model, step == 0 ? 0 : 1, {.accumulate = true});
      CHECK(clip_by_global_norm(model.parameters(), 10) == 1);
      optimizer.step(model.parameters());
    }
    CHECK(model.weight("a.kernel") == 0.75);
    CHECK(model.weight("b.kernel") == 0.5);
  }
  SUBCASE("without the option it is not clear whether the first is of this step: an error") {
    backward(model, 0);
    backward(model, 1);
    const std::string text =
        "expected gradients of one backward pass, got those of 'a.kernel' and 'b.kernel' from different ones; add to "
        "earlier gradients by backward(loss, {.accumulate = true}), or drop those of a skipped step by "
        "clear_gradients(parameters)";
    CHECK(error_text<StateError>([&] { optimizer.step(model.parameters()); }) == "[sgd] " + text);
    CHECK(error_text<StateError>([&] { clip_by_value(model.parameters(), 1); }) == "[clip_by_value] " + text);
    CHECK(model.weight("a.kernel") == 1);
    clear_gradients(model.a.parameters());
    optimizer.step(model.parameters());
    CHECK(model.weight("a.kernel") == 1);
    CHECK(model.weight("b.kernel") == 0.75);
  }
  SUBCASE("of several models") {
    SGD of_a(0.25), of_b(0.5);
    backward(model, 0);
    backward(model, 1);
    of_b.step(model.b.parameters());
    of_a.step(model.a.parameters());
    CHECK(model.weight("a.kernel") == 0.75);
    CHECK(model.weight("b.kernel") == 0.5);
  }
}

TEST_CASE("a parameter frozen since its gradient was written does not move by it when it is unfrozen") {
  TwoHeads model;
  model.build({1});
  SGD optimizer(0.25);
  backward(model, 0);
  model.a.freeze();
  optimizer.step(model.parameters());
  model.a.unfreeze();
  backward(model, 1);
  optimizer.step(model.parameters());
  CHECK(model.weight("a.kernel") == 1);
}

TEST_CASE("one optimizer for joined parameters") {
  TwoHeads first, second;
  first.build({1});
  second.build({1});
  const Parameters all = join(first.parameters(), second.parameters(), first.a.parameters());
  CHECK(all.size() == 4);
  SGD optimizer(0.25);
  GradientTape tape;
  const Tensor one = Tensor::ones({1, 1});
  tape.backward(sum(first(one, Mode::training) + second(one, Mode::training)));
  optimizer.step(join(first.parameters(), second.parameters()));
  CHECK(first.weight("a.kernel") == 0.75);
  CHECK(second.weight("a.kernel") == 0.75);
}

TEST_CASE("optimizers from a learning rate") {
  CHECK(SGD{0.5}.learning_rate() == 0.5);
  CHECK(SGD{1}.learning_rate() == 1);
  CHECK(Adam{1e-2}.learning_rate() == 1e-2);
  CHECK(AdamW{1e-2f}.learning_rate() == doctest::Approx(1e-2));
  CHECK(AdamW{1e-2}.weight_decay() == 0.004);
  CHECK(RMSprop{0.5}.learning_rate() == 0.5);
  CHECK(Adagrad{0.5}.learning_rate() == 0.5);
  CHECK(NAdam{0.5}.learning_rate() == 0.5);
  CHECK(Adam{{}}.learning_rate() == 1e-3);
  CHECK_THROWS_AS(SGD{-0.5}, ValueError);
}
