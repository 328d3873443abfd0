#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/tape.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

Tensor scalar(Real value) { return Tensor::full({}, value); }

}  // namespace

TEST_CASE("the gradient of a parameter") {
  Parameter weight("weight", Tensor::from({1, 2, -3}));
  GradientTape tape;
  tape.backward(sum(square(weight)));
  CHECK(same_bits(weight.gradient(), Tensor::from({2, 4, -6})));
}

TEST_CASE("gradients of all paths add up") {
  GradientTape tape;
  const Variable x = tape.watch(scalar(3));
  const Variable y = x * x + x;      // 12, dy/dx = 2x + 1 = 7
  const Variable z = y * y + y * x;  // dz/dx = 2 y y' + y' x + y = 168 + 21 + 12
  const Variable w = z - z;          // 0
  tape.backward(z + w);
  CHECK(tape.gradient(x).item() == 201);
}

TEST_CASE("two inputs that receive the same gradient tensor do not affect each other") {
  GradientTape tape;
  const Variable a = tape.watch(scalar(1)), b = tape.watch(scalar(1));
  const Variable c = a + b;  // both get the upstream gradient itself
  tape.backward(c + a * 5);
  CHECK(tape.gradient(a).item() == 6);
  CHECK(tape.gradient(b).item() == 1);
}

TEST_CASE("a thousand uses of one variable") {
  Parameter weight("weight", Tensor::ones({3}));
  weight.set_gradient(Tensor::full(weight.shape(), not_a_number));
  GradientTape tape;
  Variable y = weight;
  for (int i = 1; i < 1000; ++i) y = y + weight;
  tape.backward(sum(y));
  CHECK(same_bits(weight.gradient(), Tensor::full({3}, 1000)));
}

TEST_CASE("a chain of a million operations") {
  constexpr std::size_t length = 1'000'000;
  const Tensor one = Tensor::ones({1});
  Parameter weight("weight", Tensor::from({5}));
  weight.set_gradient(Tensor::full(weight.shape(), not_a_number));
  {
    GradientTape tape;
    Variable y = weight;
    for (std::size_t i = 0; i < length; ++i) y = y * one;
    CHECK(tape.size() == length);
    CHECK(y.value().item() == 5);
    tape.backward(y);
    CHECK(weight.gradient().item() == 1);
  }
  GradientTape never_walked;
  Variable y = weight;
  for (std::size_t i = 0; i < length; ++i) y = y * one;
  CHECK(never_walked.size() == length);
}

TEST_CASE("the loss can be a leaf") {
  Parameter weight("weight", Tensor::from({5}));
  for (const int expected : {1, 2}) {
    GradientTape tape;
    tape.backward(weight, {.accumulate = expected == 2});
    CHECK(weight.gradient().item() == expected);
  }
  GradientTape tape;
  const Variable x = tape.watch(scalar(7));
  tape.backward(x);
  CHECK(tape.gradient(x).item() == 1);
}

TEST_CASE("backward overwrites gradients, or accumulates them with the option") {
  Parameter weight("weight", Tensor::from({3}));
  const auto step = [&](BackwardOptions options) {
    GradientTape tape;
    tape.backward(sum(weight * weight), options);
    return weight.gradient().item();
  };
  weight.set_gradient(Tensor::full(weight.shape(), not_a_number));
  CHECK(step({}) == 6);
  CHECK(step({}) == 6);
  CHECK(step({.accumulate = true}) == 12);
  CHECK(step({.accumulate = true}) == 18);
  CHECK(step({}) == 6);
}

TEST_CASE("a parameter has a gradient if the loss depends on it") {
  Parameter used("used", Tensor::from({3})), unused("unused", Tensor::from({4})), aside("aside", Tensor::from({4}));
  CHECK(!used.has_gradient());
  CHECK(
      error_text<StateError>([&] { used.gradient(); }) ==
      "[used] expected a gradient, got none: the loss of the last backward pass does not depend on this parameter, or "
      "there was no backward pass; ask has_gradient() first, write one by set_gradient()");
  for (const bool accumulate : {false, true}) {
    aside.set_gradient(Tensor::from({9}));
    GradientTape tape;
    const Variable not_in_loss = square(aside);
    tape.backward(sum(square(used)), {.accumulate = accumulate});
    CHECK(used.gradient().item() == (accumulate ? 12 : 6));
    CHECK_FALSE(unused.has_gradient());
    CHECK(aside.has_gradient() == accumulate);
    CHECK_THROWS_AS(unused.gradient(), StateError);
  }
  CHECK(aside.gradient().item() == 9);
  Parameter* const all[] = {&used, &unused, &aside};
  clear_gradients(Parameters(all));
  for (const Parameter* parameter : all) CHECK_FALSE(parameter->has_gradient());
  CHECK_THROWS_AS(used.gradient(), StateError);
}

TEST_CASE("a gradient that was used is read until the next backward pass, and not added to") {
  Parameter a("a", scalar(3)), b("b", scalar(5));
  const auto backward = [](Parameter& parameter, BackwardOptions options) {
    GradientTape tape;
    tape.backward(square(parameter), options);
  };
  backward(a, {});
  CHECK(a.has_unused_gradient());
  a.use_gradient();
  CHECK_FALSE(a.has_unused_gradient());
  CHECK(a.gradient().item() == 6);
  backward(b, {});
  CHECK_FALSE(a.has_gradient());
  CHECK_THROWS_AS(a.gradient(), StateError);
  backward(a, {.accumulate = true});  // to nothing
  CHECK(a.gradient().item() == 6);
  CHECK(b.gradient().item() == 10);
}

TEST_CASE("a gradient written by hand") {
  Parameter weight("weight", Tensor::from({3, 4}));
  const Tensor mine = Tensor::from({1, 2});
  weight.set_gradient(mine);
  CHECK(weight.has_gradient());
  CHECK(same_bits(weight.gradient(), mine));
  CHECK(weight.gradient().data() != mine.data());
  CHECK(error_text<ShapeError>([&] { weight.set_gradient(scalar(1)); }) ==
        "[weight] expected a gradient of shape (2,), got ()");
  weight.use_gradient();
  weight.set_gradient(weight.gradient());
  CHECK(weight.has_unused_gradient());
}

TEST_CASE("watched variables") {
  GradientTape tape;
  const Variable x = tape.watch(Tensor::from({1, 2})), unrelated = tape.watch(Tensor::from({{1, 2}, {3, 4}}));
  tape.backward(sum(x * x));
  CHECK(same_bits(tape.gradient(x), Tensor::from({2, 4})));
  CHECK(same_bits(tape.gradient(unrelated), Tensor::zeros({2, 2})));
  const Variable copy = x;
  CHECK(same_bits(tape.gradient(copy), Tensor::from({2, 4})));
}

TEST_CASE("stop_gradient") {
  GradientTape tape;
  const Variable x = tape.watch(scalar(3));
  tape.backward(x * stop_gradient(x));
  CHECK(tape.gradient(x).item() == 3);
}

TEST_CASE("an operation whose result does not reach the loss is not differentiated") {
  GradientTape tape;
  const Variable x = tape.watch(scalar(3));
  const Variable aside = record("aside", scalar(1), {x}, [](const Tensor&, Gradients&) { FAIL("was run"); });
  tape.backward(x * 2);
  CHECK(tape.gradient(x).item() == 2);
}

TEST_CASE("a custom operation: wanted, out and set") {
  Parameter weight("weight", scalar(2));
  GradientTape tape;
  const Variable x = tape.watch(Tensor::from({1, 2})), constant = Tensor::from({3, 4}), w = weight;
  const Variable y = record("custom", Tensor::from({10, 20}), {x, constant, w, w}, [](const Tensor& dy, Gradients& d) {
    CHECK(d.wanted(0));
    CHECK_FALSE(d.wanted(1));
    CHECK(d.wanted(2));
    Tensor dx = d.out(0);
    dx.copy_from(dy);
    d.set(2, dy);  // summed to the shape of the parameter
    Tensor again = d.out(3);
    again.fill(100);  // added to the gradient of input 2
  });
  tape.backward(sum(y * Tensor::from({1, 7})));
  CHECK(same_bits(tape.gradient(x), Tensor::from({1, 7})));
  CHECK(weight.gradient().item() == 108);
}
