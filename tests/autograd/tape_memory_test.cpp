#include "bench/allocations.h"
#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/storage.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <vector>

using namespace gradus;

namespace {

Tensor scalar(Real value) { return Tensor::full({}, value); }

}  // namespace

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
