#include "bench/allocations.h"
#include "support/compare.h"

#include <gradus/autograd/tape.h>
#include <gradus/core/storage.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace gradus;

namespace {

constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

Tensor scalar(Real value) { return Tensor::full({}, value); }

}  // namespace

// --- gradients ----------------------------------------------------------------------------------------------------

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

// --- recording ----------------------------------------------------------------------------------------------------

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

// --- errors -------------------------------------------------------------------------------------------------------

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

// --- memory -------------------------------------------------------------------------------------------------------

TEST_CASE("backward releases each closure after running it") {
  GradientTape tape;
  const Variable x = tape.watch(scalar(3));
  const Tensor kept_by_later = Tensor::ones({5}), kept_by_earlier = Tensor::ones({5});
  bool released = false;
  const Variable y = record("earlier", scalar(1), {x}, [&, kept_by_earlier](const Tensor& dy, Gradients& d) {
    released = kept_by_later.unique();
    d.set(0, dy);
  });
  const Variable z = record("later", scalar(1), {y}, [&, kept_by_later](const Tensor& dy, Gradients& d) {
    CHECK_FALSE(kept_by_later.unique());
    d.set(0, dy);
  });
  CHECK_FALSE(kept_by_earlier.unique());
  tape.backward(z);
  CHECK(released);
  CHECK(kept_by_earlier.unique());
}

TEST_CASE("backward reuses the memory of the forward pass") {
  constexpr int length = 8;
  const Tensor factor = Tensor::ones({1000, 250});
  GradientTape tape;
  const Variable x = tape.watch(factor);
  Variable y = x;
  for (int i = 0; i < length; ++i) y = sqrt(y);  // saves its input and its output
  y = sum(y);
  const std::int64_t before = pool_statistics().bytes_held;
  tape.backward(y);
  const std::int64_t more = pool_statistics().bytes_held - before;
  // The gradient, the derivative and one of its factors, for a chain of any length.
  CHECK(more <= 4 * 1'100'000);
#ifdef __SANITIZE_ADDRESS__
  CHECK(more < 0);
#else
  const std::int64_t allocations = pool_statistics().allocations;
  std::vector<Tensor> again;
  for (int i = 0; i < length; ++i) again.push_back(Tensor::empty(factor.shape()));
  CHECK(pool_statistics().allocations == allocations);
#endif
}

TEST_CASE("a tape that is never walked releases its closures") {
  const Tensor kept = Tensor::ones({5});
  {
    GradientTape tape;
    const Variable x = tape.watch(scalar(1));
    for (int i = 0; i < 3; ++i) record("keeps", scalar(1), {x}, [kept](const Tensor&, Gradients&) {});
    CHECK_FALSE(kept.unique());
  }
  CHECK(kept.unique());
}

#ifndef __SANITIZE_ADDRESS__  // there, the pool allocates every tensor
TEST_CASE("a training step makes no heap allocation in the steady state") {
  Generator random(1);
  Parameter kernel("kernel", Tensor::normal({20, 30}, 0, 1, random)), bias("bias", Tensor::zeros({30})),
      gamma("gamma", Tensor::ones({30})), beta("beta", Tensor::zeros({30})),
      head("head", Tensor::normal({30, 5}, 0, 1, random));
  MovingStatistics moving{Tensor::zeros({30}), Tensor::ones({30})};
  const Tensor x = Tensor::normal({64, 20}, 0, 1, random);
  Tensor labels = Tensor::zeros({64});
  for (Real& label : labels.values()) label = static_cast<Real>(random.below(5));
  const auto step = [&] {
    GradientTape tape;
    Variable h = linear(x, kernel, bias);
    h = relu(batch_normalization(h, gamma, beta, moving, Real(1e-3), Mode::training));
    h = dropout(layer_normalization(h, gamma, beta, Real(1e-3)), 0.2, random.split(), Mode::training);
    const Variable penalty = mean(square(kernel)) * Real(0.01) + max(abs(head)) + variance(head, {0, 1});
    tape.backward(softmax_cross_entropy(matmul(h, head), labels) + penalty + mean(softmax(h)), {.accumulate = true});
  };
  for (int i = 0; i < 3; ++i) step();
  const std::int64_t before = heap_allocations();
  const PoolStatistics pool_before = pool_statistics();
  for (int i = 0; i < 10; ++i) step();
  CHECK(heap_allocations() - before == 0);
  CHECK(pool_statistics().allocations == pool_before.allocations);
  CHECK(pool_statistics().requests > pool_before.requests);
}
#endif
