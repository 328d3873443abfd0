#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace {

/// A model as training leaves it: no weight or statistic has its initial value.
void randomize(Layer& model, Generator& random) {
  for (Parameter& parameter : model.parameters()) {
    for (Real& value : parameter.value().values()) value = static_cast<Real>(random.uniform() - 0.3);
  }
  for (Buffer& buffer : model.buffers()) {
    const bool variance = buffer.name().ends_with("variance");
    for (Real& value : buffer.value().values())
      value = static_cast<Real>(random.uniform() * 2 + (variance ? 1e-3 : -1));
  }
}

std::vector<Tensor> all_values(Layer& model) {
  std::vector<Tensor> values;
  for (const Parameter& parameter : model.parameters()) values.push_back(parameter.value().clone());
  for (const Buffer& buffer : model.buffers()) values.push_back(buffer.value().clone());
  return values;
}

/// The layers' types, those of nested models in brackets.
std::string types(Sequential& model) {
  std::string result;
  for (std::size_t i = 0; i < model.size(); ++i) {
    auto* nested = dynamic_cast<Sequential*>(&model[i]);
    result += (result.empty() ? "" : " ") + (nested == nullptr ? model[i].type() : "[" + types(*nested) + "]");
  }
  return result;
}

/// Folds, checks that the outputs stay and that the model does, and gives the types of what comes out.
std::string types_after_folding(Sequential model) {
  Generator random(7);
  randomize(model, random);
  const std::vector<Tensor> before = all_values(model);
  Sequential folded = fold_batch_normalization(model);
  for (const Index rows : {1, 9}) {
    const Tensor x = Tensor::normal(model.input_shape().prepend(rows), 0, 1, random);
    const Tensor expected = model.predict(x);
    Real largest = 0;
    for (const Real y : expected.values()) largest = std::max(largest, std::abs(y));
    CHECK_EQ(difference(folded.predict(x), expected, {1e-5, 1e-5 * double{largest}}), "");
  }
  const std::vector<Tensor> after = all_values(model);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(same_bits(after[i], before[i]));
  Sequential again = fold_batch_normalization(folded);  // nothing is left to fold
  CHECK(types(again) == types(folded));
  CHECK(same_bits(again.predict(Tensor::ones(model.input_shape().prepend(2))),
                  folded.predict(Tensor::ones(model.input_shape().prepend(2)))));
  return types(folded);
}

}  // namespace

TEST_CASE("a normalization after a dense layer disappears, with all options of both") {
  for (const bool use_bias : {false, true}) {
    for (const bool center : {false, true}) {
      for (const bool scale : {false, true}) {
        CAPTURE(use_bias);
        CAPTURE(center);
        CAPTURE(scale);
        CHECK(types_after_folding(Sequential{Input{{5}}, Dense{7, {.use_bias = use_bias}},
                                             BatchNormalization{{.epsilon = 0.3, .center = center, .scale = scale}}}) ==
              "Input Dense");
      }
    }
  }
}

TEST_CASE("the network of the README, and one that begins without Input") {
  CHECK(types_after_folding(Sequential{Input{{784}}, Dense{256, {.use_bias = false}}, BatchNormalization{},
                                       Activation{"relu"}, Dropout{0.2}, Dense{128, {.use_bias = false}},
                                       BatchNormalization{}, Activation{"relu"}, Dropout{0.2}, Dense{10}}) ==
        "Input Dense Activation Dropout Dense Activation Dropout Dense");
  Sequential model{Flatten{}, Dense{4}, BatchNormalization{}};
  model.build({2, 3});
  CHECK(types_after_folding(std::move(model)) == "Flatten Dense");
}

TEST_CASE("convolutions are folded") {
  CHECK(types_after_folding(Sequential{Input{{9, 8, 3}}, Conv2D{6, 3, {.padding = "same", .use_bias = false}},
                                       BatchNormalization{}, Activation{"relu"}, DepthwiseConv2D{3},
                                       BatchNormalization{}, Conv2D{4, 2, {.groups = 2}}, BatchNormalization{},
                                       Conv2D{2, 1, {.activation = "relu"}}, BatchNormalization{}}) ==
        "Input Conv2D Activation DepthwiseConv2D Conv2D Conv2D BatchNormalization");
}

TEST_CASE("nested models are folded, but nothing across their borders") {
  CHECK(types_after_folding(
            Sequential{Input{{3}}, Sequential{Dense{4}, BatchNormalization{}}, BatchNormalization{},
                       Sequential{Flatten{}, Sequential{Dense{2}, BatchNormalization{}, Activation{"tanh"}}}, Dense{3},
                       Sequential{BatchNormalization{}}}) ==
        "Input [Dense] BatchNormalization [Flatten [Dense Activation]] Dense [BatchNormalization]");
}

TEST_CASE("what is not linear stays between") {
  CHECK(types_after_folding(Sequential{Input{{3}}, BatchNormalization{}, Dense{4, {.activation = "relu"}},
                                       BatchNormalization{}, Dense{5}, Activation{"relu"}, BatchNormalization{},
                                       Dense{2}, LayerNormalization{}, BatchNormalization{}}) ==
        "Input BatchNormalization Dense BatchNormalization Dense Activation BatchNormalization Dense "
        "LayerNormalization BatchNormalization");
}

TEST_CASE("the numbers of one feature") {
  Sequential model{Input{{1}}, Dense{1}, BatchNormalization{{.epsilon = 0.5}}};
  model.parameters()["dense.kernel"].value().fill(3);
  model.parameters()["dense.bias"].value().fill(5);
  model.parameters()["batch_normalization.gamma"].value().fill(8);
  model.parameters()["batch_normalization.beta"].value().fill(-1);
  model.buffers()["batch_normalization.moving_mean"].value().fill(2);
  model.buffers()["batch_normalization.moving_variance"].value().fill(3.5);
  Sequential folded = fold_batch_normalization(model);
  CHECK(folded.parameters()["dense.kernel"].value().item() == 12);  // s = 8 / sqrt(4)
  CHECK(folded.parameters()["dense.bias"].value().item() == 11);    // (5 - 2) s - 1
}

TEST_CASE("a folded model is a model: it is saved, loaded and summarized") {
  Sequential model{Input{{4}}, Dense{3}, BatchNormalization{}, Activation{"relu"}};
  Generator random(3);
  randomize(model, random);
  Sequential folded = fold_batch_normalization(model);
  const TemporaryFolder folder;
  save_model(folded, folder / "folded.safetensors");
  Sequential loaded = load_model(folder / "folded.safetensors");
  const Tensor x = Tensor::normal({6, 4}, 0, 1, random);
  CHECK(same_bits(loaded.predict(x), folded.predict(x)));
  CHECK(folded.summary().find("Total parameters 15 ") != std::string::npos);
}

TEST_CASE("random numbers go on as if nothing had been folded") {
  Sequential model{Input{{4}}, Dense{3}, BatchNormalization{}, Dense{2}};
  set_seed(5);
  const double expected = default_generator().uniform();
  set_seed(5);
  fold_batch_normalization(model);
  CHECK(default_generator().uniform() == expected);
}

TEST_CASE("folding: errors") {
  Sequential unbuilt{Dense{3}, BatchNormalization{}};
  CHECK_EQ(error_text<StateError>([&] { fold_batch_normalization(unbuilt); }),
           "[sequential] expected a layer that is built, which has an input shape, got one that is not; start the "
           "Sequential with Input{{...}}, or call build(shape) or the layer itself first");
  struct Unknown : Layer {
    Variable forward(const Variable& x, Mode) override { return x; }
  };
  Sequential own{Input{{3}}, Dense{3}, BatchNormalization{}, Unknown{}};
  CHECK_EQ(
      error_text<ValueError>([&] { fold_batch_normalization(own); }),
      "[make_layer] unknown layer type 'Unknown' (known: Activation, AveragePooling2D, BatchNormalization, "
      "BatchRenormalization, Conv2D, Dense, DepthwiseConv2D, Dropout, Flatten, GlobalAveragePooling2D, "
      "GlobalMaxPooling2D, GroupNormalization, Input, InstanceNormalization, LayerNormalization, MaxPooling2D, "
      "RMSNormalization, Reshape, Sequential, Standardize, ... and 1 more); teach it your own with register_layer");
}
