// A whole network, trained for some steps, against PyTorch and Keras.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

std::unique_ptr<Optimizer> make_optimizer(const CaseOptions& options) {
  const double rate = options.number("learning_rate");
  const Convention convention = options.text("convention") == "keras" ? Convention::keras : Convention::pytorch;
  if (options.text("optimizer") == "sgd") {
    return std::make_unique<SGD>(
        SGDOptions{.learning_rate = rate, .momentum = options.number("momentum"), .convention = convention});
  }
  return std::make_unique<Adam>(AdamOptions{.learning_rate = rate,
                                            .beta_1 = options.number("beta1"),
                                            .beta_2 = options.number("beta2"),
                                            .epsilon = options.number("epsilon"),
                                            .convention = convention});
}

}  // namespace

TEST_CASE("losses, weights and moving statistics of a trained network") {
  // Rounding errors grow from step to step; Adam divides by small numbers.
  const Tolerance tolerance = sizeof(Real) == 8 ? Tolerance{1e-10, 1e-10} : Tolerance{1e-4, 1e-4};
  const std::vector<Fixture> cases = read_fixtures("train.txt");
  REQUIRE(cases.size() >= 2);
  for (const Fixture& fixture : cases) {
    CAPTURE(fixture.title());
    Sequential model{Input{{4}}, Dense{6, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dense{3}};
    for (NamedTensor& tensor : model.state()) {
      tensor.value().copy_from(find(fixture.inputs, tensor.name())->tensor());
    }
    const Tensor x = find(fixture.inputs, "x")->tensor();
    const Tensor labels = find(fixture.inputs, "labels")->tensor();
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(fixture.options);
    for (const double expected : fixture.losses) {
      GradientTape tape;
      const Variable loss = softmax_cross_entropy(model(x, Mode::training), labels);
      CHECK(loss.value().item() == doctest::Approx(expected).epsilon(tolerance.relative));
      tape.backward(loss);
      optimizer->step(model.parameters());
    }
    for (const NamedTensor& tensor : model.state()) {
      CAPTURE(tensor.name());
      const Values* expected = find(fixture.after, tensor.name());
      REQUIRE(expected != nullptr);
      CHECK(difference(tensor.value(), *expected, tolerance) == "");
    }
  }
}
