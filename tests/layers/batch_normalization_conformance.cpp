// The layer against the worked example of PyTorch's and Keras's conventions (values computed in double).
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

namespace {

const Tensor x = Tensor::from({{1, 2}, {3, 4}, {5, 12}, {7, 14}});
const Tensor upstream = Tensor::from({{1, 0}, {0, 2}, {0, 0}, {3, -1}});
constexpr Tolerance tolerance = sizeof(Real) == 8 ? Tolerance{1e-13, 1e-13} : Tolerance{1e-6, 1e-6};

Values values(const Shape& shape, std::vector<double> numbers) { return {shape, std::move(numbers)}; }

}  // namespace

TEST_CASE("batch normalization with PyTorch's conventions") {
  BatchNormalization layer{BatchNormalizationOptions::pytorch()};
  layer.build({2});
  GradientTape tape;
  const Variable v = tape.watch(x);
  const Variable y = layer(v, Mode::training);
  tape.backward(sum(y * upstream));
  CHECK(difference(y.value(),
                   values({4, 2}, {-1.3416394448610998, -1.176696584541321, -0.4472131482870333, -0.7844643896942141,
                                   0.4472131482870333, 0.7844643896942141, 1.3416394448610998, 1.176696584541321}),
                   tolerance) == "");
  CHECK(difference(tape.gradient(v),
                   values({4, 2}, {0.402491028476273, -0.2074304267359114, -0.3130494721282756, 0.2376022355712033,
                                   -0.581376824445791, 0.05657191056412698, 0.4919352680977936, -0.08674371939941886}),
                   tolerance) == "");
  CHECK(difference(layer.parameters()["gamma"].gradient(), values({2}, {2.6832788897221995, -2.745625363929749}),
                   tolerance) == "");
  CHECK(difference(layer.parameters()["beta"].gradient(), values({2}, {4, 1}), tolerance) == "");
  CHECK(difference(layer.buffers()["moving_mean"].value(), values({2}, {0.4, 0.8}), tolerance) == "");
  CHECK(difference(layer.buffers()["moving_variance"].value(), values({2}, {1.5666666666666669, 4.366666666666667}),
                   tolerance) == "");
  const Tensor predicted = layer.predict(x);
  CHECK(difference(predicted.rows(0, 1), values({1, 2}, {0.479359747293084, 0.5742562469554822}), tolerance) == "");
}

TEST_CASE("batch normalization with Keras's conventions") {
  BatchNormalization layer;
  const Variable y = layer(x, Mode::training);
  CHECK(difference(y.value().rows(0, 1), values({1, 2}, {-1.3415066425424822, -1.176674182697013}), tolerance) == "");
  CHECK(difference(layer.buffers()["moving_mean"].value(), values({2}, {0.04, 0.08}), tolerance) == "");
  CHECK(difference(layer.buffers()["moving_variance"].value(), values({2}, {1.04, 1.25}), tolerance) == "");
}

TEST_CASE("gamma and beta can undo the normalization, in training and in inference") {
  BatchNormalization layer{{.momentum = 0}};  // the moving statistics are those of the last batch
  layer.build({2});
  const std::vector<double> mean{4, 8}, variance{5, 26};  // of x
  Parameters weights = layer.parameters();
  for (std::size_t i = 0; i < 2; ++i) {
    weights["gamma"].value().data()[i] = static_cast<Real>(std::sqrt(variance[i] + 1e-3));
    weights["beta"].value().data()[i] = static_cast<Real>(mean[i]);
  }
  CHECK(difference(layer(x, Mode::training).value(), x, tolerance) == "");
  CHECK(difference(layer.predict(x), x, tolerance) == "");
}
