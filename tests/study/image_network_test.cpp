#include "study/image_network.h"
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;
using study::Record;

namespace {

std::vector<std::string> types(Layer& model) {
  std::vector<std::string> result;
  for (const Child& child : model.children()) result.push_back(child.layer.type());
  return result;
}

std::vector<std::string> biases(Layer& model) {
  std::vector<std::string> result;
  for (const Parameter& parameter : model.parameters()) {
    if (parameter.name().ends_with(".bias")) result.push_back(parameter.name());
  }
  return result;
}

}  // namespace

TEST_CASE("image network: convolutions that halve the image, no bias before a normalization") {
  Record record;
  Sequential model = study::make_image_network(record, {.filters = {4, 6}, .block = "conv batch relu"});
  CHECK_EQ(types(model),
           std::vector<std::string>{"Input", "Reshape", "AveragePooling2D", "Conv2D", "BatchNormalization",
                                    "Activation", "Conv2D", "BatchNormalization", "Activation", "Flatten", "Dense"});
  CHECK_EQ(model.layer("conv2d").output_shape(), Shape{14, 14, 4});
  CHECK_EQ(model.layer("conv2d_1").output_shape(), Shape{7, 7, 6});
  CHECK_EQ(biases(model), std::vector<std::string>{"dense.bias"});
  CHECK_EQ(record.options["network"][0]["block"], "conv batch relu");
  CHECK(error_text<ValueError>([&] {
          study::make_image_network(record, {.block = "conv bacth relu"});
        }).starts_with("[activation] unknown activation 'bacth'"));
}

TEST_CASE("image network: a residual block adds its input to its branch, and applies the tail") {
  Record record;
  set_seed(3);
  Sequential model = study::make_image_network(
      record, {.filters = {2}, .block = "conv", .residual_blocks = 1, .residual_block = "conv + relu", .head = "mean"});
  Layer& stem = model[3];
  Layer& block = model[4];
  CHECK_EQ(types(block), std::vector<std::string>{"Sequential", "Sequential"});
  const Tensor x = stem.predict(Tensor::normal({3, 14, 14, 1}, 0, 1));
  const Tensor expected = relu(Variable(x) + block.children()[0].layer.predict(x)).value();
  CHECK(same_bits(block.predict(x), expected));
  CHECK_EQ(types(model).back(), "Dense");
  CHECK_EQ(model.layer("dense").input_shape(), Shape{2});  // the mean of each channel
  CHECK_EQ(error_text<ValueError>(
               [&] { study::make_image_network(record, {.residual_blocks = 1, .residual_block = "conv relu"}); }),
           "[study] expected a residual block with +, got 'conv relu'");
}

TEST_CASE("image network: the same seed gives the same kernels wherever the normalizations are") {
  const auto kernels = [](const std::string& block, const std::string& residual_block) {
    Record record;
    set_seed(7);
    Sequential model = study::make_image_network(
        record, {.filters = {4, 4}, .block = block, .residual_blocks = 2, .residual_block = residual_block});
    std::vector<Tensor> result;
    for (const Parameter& parameter : model.parameters()) {
      if (parameter.name().ends_with(".kernel")) result.push_back(parameter.value());
    }
    return result;
  };
  const std::vector<Tensor> plain = kernels("conv relu", "conv relu conv + relu");
  CHECK_EQ(plain.size(), 7);
  for (const std::string residual_block : {"conv batch relu conv batch + relu", "conv group relu conv + group relu",
                                           "batch relu conv batch relu conv +"}) {
    const std::vector<Tensor> other = kernels("conv batch relu", residual_block);
    REQUIRE_EQ(other.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(other[i], plain[i]));
  }
}
