#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace gradus;

TEST_CASE("check_gradients in the float build: right gradients pass, wrong ones fail with what to link") {
  Generator random(3);
  const std::vector<Tensor> inputs{Tensor::normal({4, 3}, 0, 1, random), Tensor::normal({3, 2}, 0, 1, random)};
  const auto right = [](const std::vector<Variable>& x) {
    return layer_normalization(tanh(matmul(x[0], x[1])), {}, {}, Real(1e-3)) * 100;
  };
  const GradientCheck passes = check_gradients(right, inputs);
  CHECK_MESSAGE(passes.passed, passes.report);
  CHECK(passes.report.find("gradus_double") == std::string::npos);
  const auto wrong = [](const std::vector<Variable>& x) {
    return record("wrong", square(x[0]).value(), {x[0]}, [value = x[0].value()](const Tensor& dy, Gradients& d) {
      d.set(0, (Variable(dy) * Variable(value) * Real(1.9)).value());
    });
  };
  const GradientCheck fails = check_gradients(wrong, {inputs[0]});
  CHECK_FALSE(fails.passed);
  CHECK(fails.report.ends_with(
      "times the tolerance; the differences are coarse in this float build: link gradus::gradus_double for the double "
      "build"));
}
