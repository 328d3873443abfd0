#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/tape.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

Tensor scalar(Real value) { return Tensor::full({}, value); }

}  // namespace

TEST_CASE("nothing is recorded without a tape") {
  Parameter weight("weight", scalar(2));
  CHECK(GradientTape::current() == nullptr);
  const Variable before = weight * 3;
  GradientTape tape;
  CHECK(GradientTape::current() == &tape);
  CHECK(tape.size() == 0);
  const Variable y = before * 2;  // a constant
  CHECK(tape.size() == 0);
  CHECK(y.value().item() == 12);
  tape.backward(y * weight);
  CHECK(tape.size() == 1);
  CHECK(weight.gradient().item() == 12);
}

TEST_CASE("constants are not recorded") {
  GradientTape tape;
  const Variable a = scalar(2);
  CHECK((square(a) + a * 3).value().item() == 10);
  CHECK(tape.size() == 0);
}

TEST_CASE("the gradients of results and parameters") {
  Parameter weight("weight", scalar(3));
  GradientTape tape;
  const Variable w = weight, x = tape.watch(scalar(2)), h = w * x, z = h + x, unused = h * 2;
  tape.watch(h);
  tape.watch(unused);
  CHECK(error_text<StateError>([&] { tape.watch(Variable(scalar(1))); }) ==
        "[watch] expected a variable recorded on this tape, got a constant; compute it from parameters or watched "
        "tensors while the tape is alive");
  tape.backward(square(z));
  CHECK(tape.gradient(h).item() == 16);  // 2 z
  CHECK(tape.gradient(w).item() == 32);
  CHECK(tape.gradient(x).item() == 64);
  CHECK(tape.gradient(unused).item() == 0);
  CHECK(error_text<StateError>([&] { tape.gradient(z); }) ==
        "[gradient] expected a variable that this tape watches, got a result; call tape.watch(result) before backward");
}

TEST_CASE("the parameters of a tape that a list does not hold") {
  Parameter a("a", scalar(1)), b("b", scalar(1)), c("c", scalar(1));
  Parameter* const two[] = {&a, &b};
  const Parameters list{two};
  GradientTape tape;
  CHECK(tape.parameters_besides(list).empty());
  const Variable product = b * a * a;
  CHECK(tape.parameters_besides(list).empty());
  const Variable more = c * a;
  { const Variable gone = *std::make_unique<Parameter>("gone", scalar(1)) * c; }
  CHECK(tape.parameters_besides(list) == std::vector<std::string>{"c", "gone"});
}

TEST_CASE("StopRecording pauses the tape") {
  Parameter weight("weight", scalar(2));
  GradientTape tape;
  const Variable x = weight * 3;
  CHECK(tape.size() == 1);
  {
    const StopRecording pause;
    CHECK(GradientTape::current() == nullptr);
    {
      const StopRecording within;
      CHECK((x * weight).value().item() == 12);
    }
    const Variable constant = x * weight;
    CHECK(tape.size() == 1);
    GradientTape inner;  // records inside a pause
    inner.backward(square(weight));
    CHECK(weight.gradient().item() == 4);
  }
  CHECK(GradientTape::current() == &tape);
  tape.backward(x * 5);
  CHECK(weight.gradient().item() == 15);
}

TEST_CASE("frozen parameters are constants") {
  Parameter weight("weight", scalar(2)), frozen("frozen", scalar(3));
  frozen.set_trainable(false);
  frozen.set_gradient(Tensor::full(frozen.shape(), 9));
  GradientTape tape;
  const Variable constant = frozen * std::as_const(weight);
  CHECK(tape.size() == 0);
  tape.backward(constant * weight);
  CHECK(weight.gradient().item() == 6);
  CHECK(frozen.gradient().item() == 9);
  frozen.set_trainable(true);
  GradientTape thawed;
  thawed.backward(frozen * frozen);
  CHECK(frozen.gradient().item() == 6);
}

TEST_CASE("a tape identifies many parameters by their ids") {
  std::vector<std::unique_ptr<Parameter>> many;
  for (int i = 0; i < 1000; ++i) many.push_back(std::make_unique<Parameter>("w", scalar(static_cast<Real>(i))));
  for (int repeat = 0; repeat < 2; ++repeat) {
    GradientTape tape;
    Variable total = scalar(0);
    for (int use = 0; use < 2; ++use) {
      for (const auto& parameter : many) total = total + square(*parameter);
    }
    tape.backward(total);
    for (int i = 0; i < 1000; ++i) CHECK(many[static_cast<std::size_t>(i)]->gradient().item() == 4 * i);
  }
  // A new parameter at the address of a destroyed one is a different parameter.
  alignas(Parameter) std::byte storage[sizeof(Parameter)];
  GradientTape tape;
  auto* first = new (storage) Parameter("first", scalar(2));
  const Variable a = square(*first);
  first->set_gradient(scalar(0));
  const Tensor gradient = first->gradient();
  first->~Parameter();
  auto* second = new (storage) Parameter("second", scalar(5));
  tape.backward(a + square(*second) * 3);
  CHECK(gradient.item() == 4);
  CHECK(second->gradient().item() == 30);
  second->~Parameter();
}

TEST_CASE("tapes and pauses can be destroyed in any order") {
  Parameter weight("weight", scalar(2));
  auto a = std::make_unique<GradientTape>(), b = std::make_unique<GradientTape>();
  a.reset();
  CHECK(GradientTape::current() == b.get());
  auto pause = std::make_unique<StopRecording>();
  b.reset();
  CHECK(GradientTape::current() == nullptr);
  auto c = std::make_unique<GradientTape>();
  pause.reset();
  CHECK(GradientTape::current() == c.get());
  c.reset();
  CHECK(GradientTape::current() == nullptr);
  CHECK(square(weight).value().item() == 4);

  auto tape = std::make_unique<GradientTape>();
  for (int step = 0; step < 3; ++step) {
    tape = std::make_unique<GradientTape>();  // the new tape is made before the old one is destroyed
    tape->backward(square(weight));
    CHECK(weight.gradient().item() == 4);
  }
  std::thread([moved = std::move(tape)]() mutable { moved.reset(); }).join();
  CHECK(GradientTape::current() == nullptr);
  std::unique_ptr<GradientTape> orphan;
  std::thread([&] { orphan = std::make_unique<GradientTape>(); }).join();
  orphan.reset();  // after the end of its thread
}

TEST_CASE("nested tapes: the newest records") {
  Parameter weight("weight", scalar(2));
  GradientTape outer;
  const Variable x = weight * 3;
  {
    GradientTape inner;
    const Variable y = weight * 5;
    CHECK(inner.size() == 1);
    inner.backward(y);
    CHECK(weight.gradient().item() == 5);
    CHECK((x.value().item()) == 6);
  }
  CHECK(GradientTape::current() == &outer);
  CHECK(outer.size() == 1);
  SUBCASE("and the older one then continues with its leaves") {
    outer.backward(x + weight * 7);
    CHECK(weight.gradient().item() == 10);
  }
  SUBCASE("and leaves of the older one accumulate after their use on the inner one") {
    outer.backward(x, {.accumulate = true});
    CHECK(weight.gradient().item() == 8);
  }
}

TEST_CASE("every thread has its own tape") {
  Parameter weight("weight", scalar(2)), other("other", scalar(2));
  GradientTape tape;
  std::thread([&] {
    CHECK(GradientTape::current() == nullptr);
    GradientTape theirs;
    theirs.backward(square(other));
  }).join();
  CHECK(tape.size() == 0);
  CHECK(other.gradient().item() == 4);
  tape.backward(square(weight));
  CHECK(weight.gradient().item() == 4);
}
