#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/tape.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>

using namespace gradus;

namespace {

Tensor scalar(Real value) { return Tensor::full({}, value); }

}  // namespace

TEST_CASE("a tape is walked once") {
  Parameter weight("weight", scalar(2)), late("late", scalar(1));
  GradientTape tape;
  const Variable loss = square(weight);
  tape.backward(loss);
  const std::string text =
      "expected a tape that records, got one that was already walked by backward; start a new "
      "GradientTape for every step, or use .value() for a result that needs no gradient";
  CHECK_EQ(error_text<StateError>([&] { tape.backward(loss); }), "[backward] " + text);
  CHECK_EQ(error_text<StateError>([&] { square(loss); }), "[square] " + text);
  CHECK_EQ(error_text<StateError>([&] { square(weight); }), "[square] " + text);
  CHECK_EQ(error_text<StateError>([&] { square(late); }), "[late] " + text);
  CHECK_EQ(error_text<StateError>([&] { tape.watch(scalar(1)); }), "[watch] " + text);
  CHECK(square(loss.value()).value().item() == 16);
  CHECK(weight.gradient().item() == 4);
}

TEST_CASE("a variable belongs to one tape") {
  Parameter weight("weight", scalar(2));
  GradientTape outer;
  const Variable of_outer = weight * 3;
  {
    GradientTape inner;
    CHECK_EQ(
        error_text<StateError>([&] { return of_outer * weight; }),
        "[multiply] expected variables of the newest tape, got a variable of another tape; use .value() to take it "
        "as a constant");
    CHECK_EQ(error_text<StateError>([&] { inner.backward(of_outer); }),
             "[backward] expected a variable recorded on this tape, got a variable of another tape; compute it from "
             "parameters or watched tensors while the tape is alive");
    inner.backward(of_outer.value() * Variable(weight));
    CHECK(weight.gradient().item() == 6);
  }
  std::optional<Variable> of_gone;
  {
    GradientTape gone;
    of_gone = weight * 3;
  }
  CHECK(error_text<StateError>([&] {
          return *of_gone * 2;
        }).starts_with("[multiply] expected variables of the newest tape"));
  outer.backward(of_outer);
  CHECK(weight.gradient().item() == 3);
}

TEST_CASE("invalid losses") {
  Parameter weight("weight", Tensor::from({1, 2}));
  GradientTape tape;
  CHECK_EQ(
      error_text<StateError>([&] { tape.backward(scalar(3)); }),
      "[backward] expected a variable recorded on this tape, got a constant; compute it from parameters or watched "
      "tensors while the tape is alive");
  CHECK_EQ(error_text<ShapeError>([&] { tape.backward(square(weight)); }),
           "[backward] expected a loss of one element, got shape (2,); reduce it with mean or sum");
  tape.backward(sum(square(weight)));  // the failed calls did not walk the tape
  CHECK(same_bits(weight.gradient(), Tensor::from({2, 4})));
}

TEST_CASE("gradient returns gradients of watched variables and parameters, after backward") {
  Parameter weight("weight", scalar(2));
  GradientTape tape;
  const Variable x = tape.watch(scalar(3)), y = x * x, w = weight;
  CHECK_EQ(error_text<StateError>([&] { tape.gradient(x); }),
           "[gradient] expected a call after backward, got one before");
  tape.backward(y * w);
  CHECK(tape.gradient(x).item() == 12);
  CHECK(tape.gradient(w).item() == 9);
  const std::string text = "[gradient] expected a variable recorded on this tape, got ";
  const std::string cure = "; compute it from parameters or watched tensors while the tape is alive";
  CHECK_EQ(
      error_text<StateError>([&] { tape.gradient(y); }),
      "[gradient] expected a variable that this tape watches, got a result; call tape.watch(result) before backward");
  CHECK_EQ(error_text<StateError>([&] { tape.gradient(scalar(1)); }), text + "a constant" + cure);
  GradientTape other;
  CHECK_EQ(error_text<StateError>([&] { tape.gradient(other.watch(scalar(1))); }),
           text + "a variable of another tape" + cure);
}

TEST_CASE("a tape can be destroyed after a closure throws") {
  Parameter weight("weight", scalar(2));
  {
    GradientTape tape;
    const Variable x = square(weight);
    const Variable y = record("faulty", scalar(1), {x}, [kept = Tensor::ones({100})](const Tensor&, Gradients&) {
      throw std::runtime_error("on purpose");
    });
    CHECK_THROWS_WITH(tape.backward(y * 2), "on purpose");
  }
  GradientTape tape;
  tape.backward(square(weight));
  CHECK(weight.gradient().item() == 4);
}
