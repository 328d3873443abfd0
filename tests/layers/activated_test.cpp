// Sequential computes a batch normalization and the activation behind it in one operation, with the bits of the two.
#include "support/compare.h"

#include <gradus/core/kernels/activation.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

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
