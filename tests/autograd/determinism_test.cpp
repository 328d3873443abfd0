// For every row of the table of operations: the same bits for any number of threads.
#include "support/compare.h"
#include "support/operations.h"

#include <gradus/autograd/tape.h>
#include <gradus/core/parallel.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

/// The value, the gradients, and the constants after the call (moving statistics).
std::vector<Tensor> run(const Operation& operation, const Example& example, const std::vector<Tensor>& drawn,
                        int team) {
  set_threads(team);
  GradientTape tape;
  std::vector<Variable> inputs;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const Tensor own = drawn[i].clone();
    inputs.push_back(is_constant(example.inputs[i].draw) ? Variable(own) : tape.watch(own));
  }
  const Variable y = operation.call(inputs, example.options);
  Generator random(3);
  tape.backward(sum(y * Tensor::uniform(y.shape(), -1, 1, random)));
  std::vector<Tensor> results{y.value()};
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    results.push_back(is_constant(example.inputs[i].draw) ? inputs[i].value() : tape.gradient(inputs[i]));
  }
  return results;
}

}  // namespace

TEST_CASE("values and gradients have the same bits for 1, 2 and 4 threads") {
  const int team = threads();
  for (const Operation& operation : operations()) {
    INFO("operation ", operation.name);
    REQUIRE(!operation.large.empty());
    for (std::size_t i = 0; i < operation.large.size(); ++i) {
      INFO("example ", i);
      const std::vector<Tensor> inputs = draw(operation.large[i]);
      const std::vector<Tensor> alone = run(operation, operation.large[i], inputs, 1);
      for (const int count : {2, 4}) {
        INFO(count, " threads");
        const std::vector<Tensor> together = run(operation, operation.large[i], inputs, count);
        REQUIRE(together.size() == alone.size());
        for (std::size_t j = 0; j < alone.size(); ++j) {
          INFO("result ", j);
          CHECK(same_bits(alone[j], together[j]));
        }
      }
    }
  }
  set_threads(team);
}
