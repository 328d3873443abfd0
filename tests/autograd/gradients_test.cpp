// For every row of the table of operations: gradients compared with central differences, in double.
#include "support/compare.h"
#include "support/operations.h"

#include <gradus/autograd/gradient_check/gradient_check.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <set>
#include <sstream>

using namespace gradus;

namespace {

/// Calls body(differentiable) for every tiny example of the table.
template <class Body>
void for_examples(Body body) {
  for (const Operation& operation : operations()) {
    INFO("operation ", operation.name);
    REQUIRE(!operation.tiny.empty());
    for (std::size_t i = 0; i < operation.tiny.size(); ++i) {
      INFO("example ", i);
      const Differentiable example = differentiable(operation, operation.tiny[i]);
      REQUIRE(!example.inputs.empty());
      body(example);
    }
  }
}

/// A random upstream gradient for the result of an example.
Tensor upstream_of(const Differentiable& example) {
  Generator random(5);
  return Tensor::normal(example.call({example.inputs.begin(), example.inputs.end()}).shape(), 0, 1, random);
}

std::vector<Tensor> watched_gradients(const Differentiable& example, const Tensor& upstream, int times) {
  GradientTape tape;
  std::vector<Variable> leaves;
  for (const Tensor& input : example.inputs) leaves.push_back(tape.watch(input));
  Variable y = example.call(leaves);
  for (int i = 1; i < times; ++i) y = y + example.call(leaves);
  tape.backward(sum(y * upstream));
  std::vector<Tensor> gradients;
  for (const Variable& leaf : leaves) gradients.push_back(tape.gradient(leaf));
  return gradients;
}

/// As above, with parameters whose gradients are initialized to `earlier`.
std::vector<Tensor> parameter_gradients(const Differentiable& example, const Tensor& upstream, int times, Real earlier,
                                        BackwardOptions options = {}) {
  std::vector<std::unique_ptr<Parameter>> parameters;
  for (const Tensor& input : example.inputs) {
    parameters.push_back(std::make_unique<Parameter>("p", input.clone()));
    parameters.back()->set_gradient(Tensor::full(input.shape(), earlier));
  }
  GradientTape tape;
  const std::vector<Variable> leaves = [&] {
    std::vector<Variable> result;
    for (const auto& parameter : parameters) result.emplace_back(*parameter);
    return result;
  }();
  Variable y = example.call(leaves);
  for (int i = 1; i < times; ++i) y = y + example.call(leaves);
  tape.backward(sum(y * upstream), options);
  std::vector<Tensor> gradients;
  for (const auto& parameter : parameters) {
    gradients.push_back(parameter->has_gradient() ? parameter->gradient() : Tensor::zeros(parameter->shape()));
  }
  return gradients;
}

/// Inputs that an example does not use (gamma of a normalization without gamma) have none.
bool used(const Tensor& watched_gradient) {
  return std::ranges::any_of(watched_gradient.values(), [](Real g) { return g != 0; });
}

constexpr Tolerance rounding{1e-12, 1e-12};

}  // namespace

TEST_CASE("gradients agree with central differences") {
  for_examples([](const Differentiable& example) {
    const GradientCheck check = check_gradients(example.call, example.inputs);
    CHECK_MESSAGE(check.passed, check.report);
  });
}

TEST_CASE("gradients overwrite earlier gradients") {
  constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
  for_examples([](const Differentiable& example) {
    const Tensor upstream = upstream_of(example);
    const std::vector<Tensor> expected = watched_gradients(example, upstream, 1);
    const std::vector<Tensor> got = parameter_gradients(example, upstream, 1, not_a_number);
    for (std::size_t i = 0; i < got.size(); ++i) {
      INFO("input ", i);
      if (used(expected[i])) CHECK(same_bits(got[i], expected[i]));
    }
  });
}

TEST_CASE("gradients are added to earlier gradients with accumulate") {
  for_examples([](const Differentiable& example) {
    const Tensor upstream = upstream_of(example);
    const std::vector<Tensor> expected = watched_gradients(example, upstream, 1);
    const std::vector<Tensor> got = parameter_gradients(example, upstream, 1, 7, {.accumulate = true});
    for (std::size_t i = 0; i < got.size(); ++i) {
      INFO("input ", i);
      CHECK_EQ(difference(got[i], (Variable(expected[i]) + 7).value(), rounding), "");
    }
  });
}

TEST_CASE("gradients of a variable used twice add up") {
  constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
  for_examples([](const Differentiable& example) {
    const Tensor upstream = upstream_of(example);
    const std::vector<Tensor> once = watched_gradients(example, upstream, 1);
    const std::vector<Tensor> twice = watched_gradients(example, upstream, 2);
    const std::vector<Tensor> of_parameters = parameter_gradients(example, upstream, 2, not_a_number);
    for (std::size_t i = 0; i < once.size(); ++i) {
      INFO("input ", i);
      CHECK_EQ(difference(twice[i], (2 * Variable(once[i])).value(), rounding), "");
      if (used(once[i])) CHECK(same_bits(of_parameters[i], twice[i]));
    }
  });
}

TEST_CASE("gradients of a variable used as two inputs of one operation add up") {
  int compared = 0;
  for_examples([&](const Differentiable& example) {
    if (example.inputs.size() != 2 || example.inputs[0].shape() != example.inputs[1].shape()) return;
    const auto diagonal = [&](const std::vector<Variable>& x) { return example.call({x[0], x[0]}); };
    const GradientCheck check = check_gradients(diagonal, {example.inputs[1]});
    CHECK_MESSAGE(check.passed, check.report);
    ++compared;
  });
  CHECK(compared >= 7);  // arithmetic, maximum, concatenate
}

TEST_CASE("every operation has a row in the table") {
  std::set<std::string> recorded;
  for (const char* folder : {GRADUS_SOURCES "/autograd", GRADUS_SOURCES "/layers"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
      if (!file.is_regular_file()) continue;
      std::stringstream text;
      text << std::ifstream(file.path()).rdbuf();
      const std::string source = text.str();
      for (const std::string_view call : {"record(", "elementwise(", "elementwise_loss("}) {
        for (auto at = source.find(call); at != std::string::npos; at = source.find(call, at + 1)) {
          const auto name = source.find_first_not_of(" \n", at + call.size());
          if (source[name] == '"') recorded.insert(source.substr(name + 1, source.find('"', name + 1) - name - 1));
        }
      }
    }
  }
  for (const ActivationFunction& function : activation_functions()) {
    if (function.name != "linear") recorded.emplace(function.name);
  }
  CHECK(recorded.size() >= 46);
  for (const std::string& name : recorded) {
    CHECK_MESSAGE(find_operation(name) != nullptr, name,
                  " is recorded, but has no row in tests/support/operations.cpp");
  }
}
