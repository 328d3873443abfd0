// Every layer: its gradients in both modes against central differences, for its input and every parameter.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

/// The table of layers: a new one needs a row here. Shapes are tiny, so that what a batch shares weighs much.
struct Row {
  std::string name;
  std::function<std::unique_ptr<Layer>()> make;
  Shape input;
};

template <class L, class... Arguments>
Row row(std::string name, const Shape& input, Arguments... arguments) {
  return {std::move(name), [=] { return std::make_unique<L>(arguments...); }, input};
}

const std::vector<Row>& layers() {
  static const std::vector<Row> table{
      row<Input>("input", {4, 3}, Shape{3}),
      row<Dense>("dense", {4, 3}, 2, DenseOptions{.bias_initializer = "random_normal(1)"}),
      row<Dense>("dense without bias", {4, 3}, 2, DenseOptions{.use_bias = false}),
      row<Dense>("dense with tanh", {4, 3}, 2, DenseOptions{.activation = "tanh"}),
      row<Dense>("dense with gelu", {1, 3}, 5, DenseOptions{.activation = "gelu"}),
      row<Activation>("activation", {4, 3}, "sigmoid"),
      row<Activation>("activation softmax", {4, 3}, "softmax"),
      row<Dropout>("dropout", {4, 3}, 0.5),
      row<Flatten>("flatten", {2, 2, 3}),
      row<BatchNormalization>(
          "batch_normalization", {4, 3},
          BatchNormalizationOptions{.gamma_initializer = "random_normal(1)", .beta_initializer = "random_normal(1)"}),
      row<BatchNormalization>("batch_normalization, images", {2, 2, 2, 3}, BatchNormalizationOptions::pytorch()),
      row<BatchNormalization>("batch_normalization, bare", {4, 3},
                              BatchNormalizationOptions{.center = false, .scale = false}),
      row<BatchNormalization>("batch_normalization, beta only", {4, 3}, BatchNormalizationOptions{.scale = false}),
      row<LayerNormalization>("layer_normalization", {4, 3}),
      row<LayerNormalization>("layer_normalization, images", {2, 2, 3}, LayerNormalizationOptions::pytorch()),
      row<LayerNormalization>("layer_normalization, bare", {4, 3},
                              LayerNormalizationOptions{.center = false, .scale = false}),
      row<GroupNormalization>("group_normalization", {2, 2, 2, 4}, GroupNormalizationOptions{.groups = 2}),
      row<GroupNormalization>("group_normalization, bare", {4, 6},
                              GroupNormalizationOptions{.groups = 3, .center = false, .scale = false}),
      row<InstanceNormalization>("instance_normalization", {2, 3, 4}),
      row<RMSNormalization>("rms_normalization", {4, 3}),
      row<RMSNormalization>("rms_normalization, bare", {2, 2, 3}, RMSNormalizationOptions{.scale = false}),
      // r and d are clipped to 1 and 0, where they are constant as the gradient takes them
      row<BatchRenormalization>("batch_renormalization", {4, 3}, BatchRenormalizationOptions{.rmax = 1, .dmax = 0}),
      row<Conv2D>("conv2d", {2, 4, 3, 2}, 3, 3,
                  Conv2DOptions{.padding = "same", .activation = "tanh", .bias_initializer = "random_normal(1)"}),
      row<Conv2D>("conv2d without bias", {1, 4, 4, 2}, 4, Size2D{2, 3},
                  Conv2DOptions{.strides = 2, .groups = 2, .use_bias = false}),
      row<DepthwiseConv2D>("depthwise_conv2d", {1, 3, 3, 2}, 3, Conv2DOptions{.padding = "same"}),
      row<MaxPooling2D>("max_pooling2d", {1, 4, 4, 2}),
      row<AveragePooling2D>("average_pooling2d", {1, 3, 4, 2}, 2, AveragePooling2DOptions{.padding = "same"}),
      row<GlobalAveragePooling2D>("global_average_pooling2d", {2, 3, 2, 2}),
      row<GlobalMaxPooling2D>("global_max_pooling2d", {2, 3, 2, 2}),
      row<UpSampling2D>("up_sampling2d", {1, 2, 2, 2}),
      row<Reshape>("reshape", {2, 6}, Shape{2, 3}),
      row<Standardize>("standardize", {4, 3}, Standardization(Shape{3}, {1, -2, 0.5}, {2, 0.5, 3})),
      {"sequential",
       [] {
         return std::make_unique<Sequential>(Dense{5, {.use_bias = false}}, BatchNormalization{}, Activation{"tanh"},
                                             Dropout{0.3}, Sequential{Dense{3}, LayerNormalization{}}, Dense{2});
       },
       {4, 3}},
  };
  return table;
}

/// The layer's output for the input and parameter values given; parameters and generator are as before afterwards.
Variable output(Layer& layer, const std::vector<Variable>& values, Mode mode) {
  set_seed(5);  // the same mask in every call
  return layer(values[0], mode);
}

}  // namespace

TEST_CASE("gradients of every layer's input") {
  for (const Row& row : layers()) {
    for (const Mode mode : {Mode::training, Mode::inference}) {
      CAPTURE(row.name);
      CAPTURE((mode == Mode::training));
      set_seed(1);
      const std::unique_ptr<Layer> layer = row.make();
      const Tensor x = Tensor::normal(row.input, 0.5, 1);
      layer->build(x.shape().without_first());
      const GradientCheck check =
          check_gradients([&](const std::vector<Variable>& values) { return output(*layer, values, mode); }, {x});
      INFO(check.report);
      CHECK(check.passed);
    }
  }
}

TEST_CASE("gradients of every layer's parameters") {
  for (const Row& row : layers()) {
    for (const Mode mode : {Mode::training, Mode::inference}) {
      CAPTURE(row.name);
      CAPTURE((mode == Mode::training));
      set_seed(1);
      const std::unique_ptr<Layer> layer = row.make();
      const Tensor x = Tensor::normal(row.input, 0.5, 1);
      layer->build(x.shape().without_first());
      const Tensor upstream = Tensor::normal(layer->predict(x).shape(), 0, 1);
      const auto loss = [&] { return sum(output(*layer, {x}, mode) * upstream); };

      for (Parameter& parameter : layer->parameters())
        parameter.set_gradient(Tensor::full(parameter.shape(), std::numeric_limits<Real>::quiet_NaN()));
      {
        GradientTape tape;
        const Variable l = loss();
        if (layer->parameters().size() > 0) tape.backward(l);
      }
      for (Parameter& parameter : layer->parameters()) {
        for (Index i = 0; i < parameter.value().size(); ++i) {
          constexpr double step = 1e-5;
          Real& weight = parameter.value().data()[i];
          const Real before = weight;
          weight = static_cast<Real>(before + step);
          const double above = loss().value().item();
          weight = static_cast<Real>(before - step);
          const double below = loss().value().item();
          weight = before;
          const double numeric = (above - below) / (2 * step);
          INFO(parameter.name(), " element ", i);
          CHECK(std::abs(parameter.gradient().data()[i] - numeric) <= 1e-6 + 1e-6 * std::abs(numeric));  // NaN fails
        }
      }
    }
  }
}

TEST_CASE("a frozen batch normalization differentiates through its moving statistics") {
  set_seed(2);
  BatchNormalization layer;
  const Tensor x = Tensor::normal({4, 3}, 3, 2);
  layer.build({3});
  layer(x, Mode::training);
  layer.freeze();
  const GradientCheck check =
      check_gradients([&](const std::vector<Variable>& values) { return layer(values[0], Mode::training); }, {x});
  INFO(check.report);
  CHECK(check.passed);
}
