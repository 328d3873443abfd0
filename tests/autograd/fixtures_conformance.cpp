// Reference values of PyTorch for every operation, in double and in float.
#include "support/compare.h"
#include "support/operations.h"

#include <gradus/autograd/tape.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <set>

using namespace gradus;

namespace {

Tolerance tolerance_of(const Fixture& fixture) {
  if (std::is_same_v<Real, double>) return {1e-12, 1e-12};
  // A mean near 1000 is rounded to 3e-5; deviations below 1 and sums over 8 rows multiply that by up to 10.
  const bool large_mean =
      fixture.words == "mean1000" && (!fixture.options.has("mode") || fixture.options.text("mode") == "training");
  return large_mean ? Tolerance{2e-4, 2e-4} : Tolerance{2e-6, 2e-6};
}

void compare(const Operation& operation, const Fixture& fixture) {
  const Tolerance tolerance = tolerance_of(fixture);
  GradientTape tape;
  std::vector<Variable> inputs;
  for (const auto& [name, values] : fixture.inputs) {
    inputs.push_back(find(fixture.gradients, name) == nullptr ? Variable(values.tensor())
                                                              : tape.watch(values.tensor()));
  }
  const Variable y = operation.call(inputs, fixture.options);
  CHECK_EQ(difference(y.value(), fixture.output, tolerance), "");
  tape.backward(sum(y * fixture.upstream.tensor()));
  std::size_t gradients = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& name = fixture.inputs[i].first;
    INFO("input ", name);
    const Values* expected = find(fixture.gradients, name);
    if (expected != nullptr) {
      CHECK_EQ(difference(tape.gradient(inputs[i]), *expected, tolerance), "");
      ++gradients;
    }
    // A call must not change its inputs, except those in `after`.
    const Values* after = find(fixture.after, name);
    CHECK_EQ(difference(inputs[i].value(), after != nullptr ? *after : fixture.inputs[i].second, tolerance), "");
  }
  CHECK(gradients == fixture.gradients.size());
  CHECK(gradients > 0);
}

}  // namespace

TEST_CASE("operations agree with the reference values") {
  std::set<std::string> compared;
  int cases = 0;
  for (const char* file :
       {"elementwise.txt", "matrix.txt", "reduce.txt", "softmax.txt", "normalization.txt", "convolution.txt"}) {
    for (const Fixture& fixture : read_fixtures(file)) {
      INFO(fixture.title());
      const Operation* operation = find_operation(fixture.row);
      CHECK_MESSAGE(operation != nullptr, "the table of operations has no row ", fixture.row);
      if (operation == nullptr) continue;
      compare(*operation, fixture);
      compared.insert(fixture.row);
      ++cases;
    }
  }
  CHECK(cases >= 360);
  for (const Operation& operation : operations()) {
    CHECK_MESSAGE(
        compared.contains(operation.name) == operation.has_fixtures, operation.name,
        operation.has_fixtures ? " has no reference values" : " has reference values but has_fixtures is false");
  }
}
