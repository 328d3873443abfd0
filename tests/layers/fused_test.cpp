// Sequential computes a batch normalization and what follows it in one operation.
#include "support/compare.h"

#include <gradus/core/kernels/activation.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>

using namespace gradus;

namespace {

struct Silent : ForwardObserver {
  int outputs = 0;
  void on_output(Layer&, const Variable&, const Variable&) override { ++outputs; }
};

struct Step {
  std::vector<Tensor> results;  ///< the output, the gradients, and the statistics after it
  std::size_t operations;
};

Step step_of(Sequential& model, const Tensor& x, Mode mode) {
  GradientTape tape;
  const Variable images = tape.watch(x);
  const Variable y = model(images, mode);
  Step step{{y.value()}, tape.size()};
  Generator random(2);
  tape.backward(sum(y * Tensor::normal(y.shape(), 0, 1, random)));
  step.results.push_back(tape.gradient(images));
  for (const Parameter& parameter : model.parameters()) step.results.push_back(parameter.gradient().clone());
  for (const Buffer& buffer : model.buffers()) step.results.push_back(buffer.value().clone());
  return step;
}

Sequential model_of(const std::string& activation, const Shape& sample) {
  return Sequential{Input{sample}, BatchNormalization{{.gamma_initializer = "he_normal"}}, Activation{activation}};
}

}  // namespace

TEST_CASE("a normalization with its activation has the bits of the two, in one operation") {
  Generator random(1);
  for (const Shape& shape : {Shape{5, 3}, Shape{64, 130}, Shape{9, 16, 20, 7}}) {
    const Tensor x = Tensor::normal(shape, 1, 2, random);
    for (const char* activation : {"relu", "tanh"}) {
      for (const Mode mode : {Mode::training, Mode::inference}) {
        INFO(std::string(activation), mode == Mode::training ? ", training" : ", inference", ", shape ",
             to_string(shape));
        set_seed(3);
        Sequential fused = model_of(activation, shape.without_first());
        set_seed(3);
        Sequential apart = model_of(activation, shape.without_first());
        const Step got = step_of(fused, x, mode);
        const Silent observer;
        const Step expected = step_of(apart, x, mode);
        CHECK(observer.outputs == 4);  // of the input, the two, and the model
        CHECK(got.operations == (std::string(activation) == "tanh" ? 2 : 1));
        CHECK(expected.operations == 2);
        REQUIRE(got.results.size() == expected.results.size());
        for (std::size_t i = 0; i < got.results.size(); ++i) {
          INFO("result ", i);
          CHECK(same_bits(got.results[i], expected.results[i]));
        }
      }
    }
  }
}

TEST_CASE("softmax, and layers that derive from a batch normalization or an activation, are operations of their own") {
  struct Twice : Activation {
    Twice() : Activation("relu") {}
    Variable forward(const Variable& x, Mode mode) override { return Activation::forward(x, mode) * 2; }
  };
  const Tensor x = Tensor::normal({8, 3});
  const auto operations = [&](Sequential model) {
    model.build({3});
    return step_of(model, x, Mode::training).operations;
  };
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"softmax"}}) == 2);
  CHECK(operations(Sequential{BatchNormalization{}, Twice{}}) == 3);
  CHECK(operations(Sequential{BatchRenormalization{}, Activation{"relu"}}) == 2);
  CHECK(operations(Sequential{LayerNormalization{}, Activation{"relu"}}) == 2);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, Activation{"relu"}}) == 2);
}

TEST_CASE("a normalization with its activation checks its input, and is frozen as without") {
  Sequential model = model_of("relu", {3});
  CHECK_EQ(error_text<ShapeError>([&] {
             model[1](Tensor::ones({2, 4}), Mode::training);
           }),
           error_text<ShapeError>([&] {
             dynamic_cast<BatchNormalization&>(model[1]).activated(Tensor::ones({2, 4}), Mode::training,
                                                                   activation_function("test", "relu"));
           }));
  model.freeze();
  const Tensor x = Tensor::normal({8, 3});
  CHECK(same_bits(model(x, Mode::training).value(), model(x, Mode::inference).value()));
}

namespace {

Sequential pooled_model(const Shape& sample, MaxPooling2D pooling, const std::string& activation = "relu") {
  return Sequential{Input{sample}, BatchNormalization{{.gamma_initializer = "he_normal"}}, Activation{activation},
                    std::move(pooling)};
}

}  // namespace

TEST_CASE("a normalization with its activation and a pooling has the numbers of the three, in one operation") {
  Generator random(1);
  for (const Shape& shape : {Shape{5, 4, 6, 3}, Shape{16, 8, 8, 70}}) {
    Tensor x = Tensor::normal(shape, 1, 2, random);
    for (Real& value : x.values()) value = std::round(4 * value) / 4;  // some windows have several maxima
    for (const char* activation : {"relu", "leaky_relu"}) {
      for (const Mode mode : {Mode::training, Mode::inference}) {
        INFO(std::string(activation), mode == Mode::training ? ", training" : ", inference", ", shape ",
             to_string(shape));
        set_seed(3);
        Sequential fused = pooled_model(shape.without_first(), MaxPooling2D{2}, activation);
        set_seed(3);
        Sequential apart = pooled_model(shape.without_first(), MaxPooling2D{2}, activation);
        const Step got = step_of(fused, x, mode);
        const Silent observer;
        const Step expected = step_of(apart, x, mode);
        CHECK(got.operations == 1);
        CHECK(expected.operations == 3);
        REQUIRE(got.results.size() == expected.results.size());
        CHECK(same_bits(got.results[0], expected.results[0]));
        for (std::size_t i = 1; i < got.results.size(); ++i) {
          INFO("result ", i);
          CHECK_EQ(difference(got.results[i], expected.results[i], {2e-4, 1e-5}), "");  // sums in another order
        }
      }
    }
  }
}

TEST_CASE("a NaN is the maximum of its window with a normalization as without") {
  Tensor x = Tensor::normal({2, 4, 4, 1});
  x.data()[5] = std::numeric_limits<Real>::quiet_NaN();
  Sequential model = pooled_model({4, 4, 1}, MaxPooling2D{2});
  const Tensor fused = model(x, Mode::inference).value();
  const Silent observer;
  const Tensor apart = model(x, Mode::inference).value();
  CHECK(std::isnan(fused.data()[0]));
  for (Index i = 1; i < fused.size(); ++i) CHECK(fused.data()[i] == apart.data()[i]);
}

TEST_CASE("a pooling is an operation of its own where windows overlap or leave something out, and in a derived class") {
  struct Twice : MaxPooling2D {
    Variable forward(const Variable& x, Mode mode) override { return MaxPooling2D::forward(x, mode) * 2; }
  };
  const Tensor x = Tensor::normal({3, 6, 6, 2});
  const auto operations = [&](Sequential model) {
    model.build({6, 6, 2});
    return step_of(model, x, Mode::training).operations;
  };
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, MaxPooling2D{2}}) == 1);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, MaxPooling2D{{3, 2}}}) == 1);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, MaxPooling2D{4}}) == 2);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, MaxPooling2D{2, {.strides = 1}}}) == 2);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, MaxPooling2D{3, {.padding = "1"}}}) == 2);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"tanh"}, MaxPooling2D{2}}) == 3);
  CHECK(operations(Sequential{BatchNormalization{}, Activation{"relu"}, Twice{}}) == 3);
  CHECK(operations(Sequential{BatchNormalization{}, MaxPooling2D{2}}) == 2);
  CHECK(operations(Sequential{BatchRenormalization{}, Activation{"relu"}, MaxPooling2D{2}}) == 3);
}

TEST_CASE("layers that are added to a model that is built are fused as those before") {
  Sequential model{Input{{4, 4, 2}}, BatchNormalization{}};
  model.add(Activation{"relu"});
  model.add(MaxPooling2D{2});
  Sequential moved = std::move(model);
  CHECK(step_of(moved, Tensor::normal({3, 4, 4, 2}), Mode::training).operations == 1);
}

TEST_CASE("a pooling in the pass of a normalization refuses other windows and activations") {
  const Variable x = Tensor::normal({2, 4, 6, 3});
  MovingStatistics moving{Tensor::zeros({3}), Tensor::ones({3})};
  const auto call = [&](const char* activation, const Window& down, const Window& across) {
    normalized_max_pooling_2d(x, {}, {}, moving, Real(1e-3), Mode::inference, "block",
                              activation_function("test", activation), down, across);
  };
  const Window down{.input = 4, .size = 2, .stride = 2, .output = 2};
  const Window across{.input = 6, .size = 3, .stride = 3, .output = 2};
  call("relu", down, across);
  for (const Window& wrong : {Window{.input = 4, .size = 2, .stride = 2, .output = 3},
                              Window{.input = 4, .size = 2, .stride = 1, .output = 3},
                              Window{.input = 4, .size = 2, .stride = 2, .before = 1, .output = 2},
                              Window{.input = 6, .size = 2, .stride = 2, .output = 3}}) {
    CHECK_EQ(error_text<ShapeError>([&] { call("relu", wrong, across); }),
             fmt::format("[block] expected windows side by side that cover images (2, 4, 6, 3), got {} x 2 of 2 x 3; "
                         "use max_pooling_2d for others",
                         wrong.output));
  }
  CHECK_EQ(error_text<ValueError>([&] { call("tanh", down, across); }),
           "[block] expected relu or leaky_relu before a pooling in the same pass, got tanh");
}
