// Layers of images: shapes, texts of errors, configurations, what a maximum does with equal values and NaN.
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/core/kernels/elementwise.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

template <class L>
Shape output_shape(L layer, const Shape& input) {
  layer.build(input);
  return layer.output_shape();
}

}  // namespace

TEST_CASE("shapes are those of Keras and PyTorch") {
  CHECK(output_shape(Conv2D{8, 3}, {5, 7, 2}) == Shape{3, 5, 8});
  CHECK(output_shape(Conv2D{8, 3, {.padding = "same"}}, {5, 7, 2}) == Shape{5, 7, 8});
  CHECK(output_shape(Conv2D{8, 3, {.strides = 2, .padding = "same"}}, {5, 8, 2}) == Shape{3, 4, 8});
  CHECK(output_shape(Conv2D{8, {3, 1}, {.strides = {1, 2}, .padding = "1"}}, {5, 8, 2}) == Shape{5, 5, 8});
  CHECK(output_shape(Conv2D{8, 3, {.dilation_rate = 2}}, {5, 7, 2}) == Shape{1, 3, 8});
  CHECK(output_shape(DepthwiseConv2D{3}, {5, 7, 6}) == Shape{3, 5, 6});
  CHECK(output_shape(MaxPooling2D{}, {5, 7, 2}) == Shape{2, 3, 2});
  CHECK(output_shape(MaxPooling2D{3, {.strides = 2, .padding = "same"}}, {5, 7, 2}) == Shape{3, 4, 2});
  CHECK(output_shape(AveragePooling2D{2}, {5, 7, 2}) == Shape{2, 3, 2});
  CHECK(output_shape(GlobalAveragePooling2D{}, {5, 7, 2}) == Shape{2});
  CHECK(output_shape(GlobalMaxPooling2D{}, {5, 7, 2}) == Shape{2});
  CHECK(output_shape(UpSampling2D{{2, 3}}, {5, 7, 2}) == Shape{10, 21, 2});
  CHECK(output_shape(Reshape{{2, 3}}, {6}) == Shape{2, 3});
}

TEST_CASE("initial values take the fans of Keras") {
  Conv2D layer{8, {3, 5}, {.groups = 2, .use_bias = false}};
  layer.build({9, 9, 4});
  CHECK(layer.parameters()["kernel"].value().shape() == Shape{3, 5, 2, 8});
  // U(+-sqrt(6 / (3 5 2 + 3 5 8)))
  const double limit = std::sqrt(6.0 / 150);
  Real largest = 0;
  for (const Real w : layer.parameters()["kernel"].value().values()) largest = std::max(largest, std::abs(w));
  CHECK(largest < limit);
  CHECK(largest > 0.9 * limit);
}

TEST_CASE("texts of errors show the arithmetic") {
  CHECK_EQ(error_text<ShapeError>([] {
             conv2d(Tensor::ones({1, 5, 9, 2}), Tensor::ones({7, 3, 2, 4}), {});
           }),
           "[conv2d] expected an input that a window fits into, got height 5 with padding 0, window 7 and dilation 1: "
           "(5 + 2 x 0 - 7) / 1 + 1, the output would be -1; set padding \"same\" or a smaller window");
  CHECK_EQ(error_text<ShapeError>([] {
             conv2d(Tensor::ones({1, 9, 9, 2}), Tensor::ones({3, 3, 3, 4}), {});
           }),
           "[conv2d] expected a kernel for 2 channels in 1 group(s), that is (height, width, 2, outputs), got "
           "(3, 3, 3, 4)");
  CHECK_EQ(error_text<ShapeError>([] {
             conv2d(Tensor::ones({1, 9, 9, 4}), Tensor::ones({3, 3, 4, 4}), {}, {.groups = 3});
           }),
           "[conv2d] expected groups that divide the 4 channels and the 4 outputs, got 3");
  CHECK_EQ(error_text<ShapeError>([] {
             conv2d(Tensor::ones({1, 9, 9, 4}), Tensor::ones({3, 3, 4, 4}), Tensor::ones({3}));
           }),
           "[conv2d] expected a bias of shape (4,), got (3,)");
  CHECK_EQ(error_text<ShapeError>([] {
             Conv2D{4, 3}.build({28, 28});
           }),
           "[conv2d] expected images (N, height, width, channels), got samples of shape (28, 28); put a Reshape before "
           "it");
  CHECK_EQ(error_text<ShapeError>([] {
             Conv2D{4, 3, {.groups = 2}}.build({8, 8, 3});
           }),
           "[conv2d] expected channels that the 2 groups divide, got 3");
  CHECK_EQ(error_text<ShapeError>([] {
             Conv2D{Index{1} << 62, 3}.build({8, 8, 3});
           }),
           "[shape] expected at most 35184372088832 bytes of elements, got (3, 3, 3, 4611686018427387904) with "
           "4.981e+20 bytes");
  CHECK_EQ(error_text<ValueError>([] { Conv2D(0, 3); }), "[conv2d] expected at least 1 filter, got 0");
  CHECK_EQ(error_text<ValueError>([] {
             Conv2D(4, {3, 0});
           }),
           "[conv2d] expected kernel_size of at least 1 x 1, got 3 x 0");
  CHECK_EQ(error_text<ValueError>([] { Conv2D(4, 3, {.strides = 0}); }),
           "[conv2d] expected strides of at least 1 x 1, got 0 x 0");
  CHECK_EQ(error_text<ValueError>([] { Conv2D(4, 3, {.padding = "full"}); }),
           "[conv2d] expected padding \"valid\", \"same\" or a number of positions on either side such as \"1\", got "
           "\"full\"");
  CHECK_EQ(error_text<ValueError>([] { Conv2D(4, 3, {.padding = "-1"}); }).substr(0, 17), "[conv2d] expected");
  CHECK_EQ(error_text<ValueError>([] { Conv2D(5, 3, {.groups = 2}); }),
           "[conv2d] expected groups that divide the 5 filters, got 2");
  CHECK_EQ(error_text<ValueError>([] { DepthwiseConv2D(3, {.groups = 2}); }),
           "[depthwise_conv2d] expected no groups, as each channel is one, got 2");
  CHECK_EQ(error_text<ShapeError>([] {
             max_pooling_2d(Tensor::ones({1, 9, 9}), 2);
           }),
           "[max_pooling2d] expected images (N, height, width, channels), got (1, 9, 9)");
  CHECK_EQ(error_text<ShapeError>([] {
             max_pooling_2d(Tensor::ones({1, 9, 9, 1}), 2, {.padding = "2"});
           }),
           "[max_pooling2d] expected padding of at most half of the height of a window, 2, got 2");
  CHECK_EQ(error_text<ShapeError>([] {
             Reshape({2, 2}).predict(Tensor::ones({1, 6}));
           }),
           "[reshape] expected samples of 4 elements for shape (2, 2), got (6,)");
}

TEST_CASE("a convolutional network is the same after its configuration and its file") {
  set_seed(4);
  Sequential model(Reshape{{6, 6, 1}}, Conv2D{4, {3, 2}, {.strides = {1, 2}, .padding = "same", .activation = "relu"}},
                   DepthwiseConv2D{3, {.padding = "1", .use_bias = false}}, BatchNormalization{}, UpSampling2D{{1, 2}},
                   MaxPooling2D{{2, 1}}, AveragePooling2D{2, {.strides = 1, .padding = "same", .count_padding = true}},
                   GlobalAveragePooling2D{}, Dense{3});
  model.build({36});
  const Tensor x = Tensor::normal({5, 36});
  const Tensor y = model.predict(x);
  CHECK(make_layer(model.config())->config() == model.config());
  const TemporaryFolder folder;
  save_model(model, folder / "model.safetensors");
  const Sequential again = load_model(folder / "model.safetensors");
  CHECK_EQ(difference(again.predict(x), y, {0, 0}), "");
}

TEST_CASE("the gradient of a kernel is the sum of those of few images at a time") {
  const Tensor images = Tensor::normal({40, 6, 5, 4});
  for (const Index groups : {1, 4}) {
    const Tensor kernel = Tensor::normal({3, 2, 4 / groups, 4});
    const auto gradient = [&](const Tensor& x) {
      GradientTape tape;
      const Variable w = tape.watch(kernel);
      tape.backward(sum(conv2d(x, w, {}, {.groups = groups})));
      return tape.gradient(w);
    };
    Tensor expected = Tensor::zeros(kernel.shape());
    for (Index first = 0; first < 40; first += 10) add_to(expected, gradient(images.rows(first, first + 10)));
    CHECK_EQ(difference(gradient(images), expected, {1e-5, 1e-5}), "");
  }
}

TEST_CASE("a maximum is the first of equal ones, and NaN") {
  GradientTape tape;
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  const Variable x = tape.watch(Tensor::from({1, 2, 4, 1}, {3, 3, 1, nan, 3, 2, 5, 0}));
  const Variable y = max_pooling_2d(x, 2);
  CHECK(y.value()(0, 0, 0, 0) == 3);
  CHECK(std::isnan(y.value()(0, 0, 1, 0)));
  tape.backward(sum(y * Tensor::from({1, 1, 2, 1}, {7, 11})));
  CHECK_EQ(difference(tape.gradient(x), Tensor::from({1, 2, 4, 1}, {7, 0, 0, 11, 0, 0, 0, 0}), {0, 0}), "");
}

#ifndef __SANITIZE_ADDRESS__  // under which the pool keeps nothing, so that late accesses are seen
TEST_CASE("training steps of a convolutional network keep their memory") {
  Sequential model(Conv2D{8, 3, {.padding = "same", .use_bias = false}}, BatchNormalization{}, Activation{"relu"},
                   MaxPooling2D{}, DepthwiseConv2D{3}, GlobalAveragePooling2D{}, Dense{2});
  model.build({8, 8, 3});
  SGD optimizer{0.1};
  const Tensor x = Tensor::normal({16, 8, 8, 3});
  const Tensor labels = Tensor::zeros({16});
  const auto step = [&] {
    GradientTape tape;
    tape.backward(softmax_cross_entropy(model(x, Mode::training), labels));
    optimizer.step(model.parameters());
  };
  step();
  step();
  const std::int64_t before = pool_statistics().allocations;
  step();
  CHECK(pool_statistics().allocations == before);
}
#endif
