#include "support/compare.h"

#include <gradus/gradus.h>
#include <gradus/layers/initializers.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

using namespace gradus;

namespace {

/// Put together from other layers, without saying what shapes they take.
class ResidualBlock : public Layer {
 public:
  explicit ResidualBlock(Index width) : dense1_{width}, dense2_{width} {}
  Variable forward(const Variable& x, Mode mode) override {
    return x + dense2_(relu(norm_(dense1_(x, mode), mode)), mode);
  }
  Children children() override { return {{"dense1", dense1_}, {"norm", norm_}, {"dense2", dense2_}}; }

 private:
  Dense dense1_;
  LayerNormalization norm_;
  Dense dense2_;
};

template <class T>
std::vector<std::string> names(NamedTensorList<T> list) {
  std::vector<std::string> result;
  for (const NamedTensor& tensor : list) result.push_back(tensor.name());
  return result;
}

Sequential small_model() {
  return Sequential{Input{{6}}, Dense{4, {.use_bias = false}}, BatchNormalization{}, Activation{"relu"}, Dropout{0.5},
                    Dense{3}};
}

}  // namespace

TEST_CASE("names are dotted, ordered and stable") {
  Sequential model{Input{{6}},       Dense{4},         BatchNormalization{},          Dense{4},
                   ResidualBlock{4}, ResidualBlock{4}, Sequential{Dense{5}, Dense{2}}};
  CHECK(names(model.parameters()) == std::vector<std::string>{"dense.kernel",
                                                              "dense.bias",
                                                              "batch_normalization.gamma",
                                                              "batch_normalization.beta",
                                                              "dense_1.kernel",
                                                              "dense_1.bias",
                                                              "residual_block.dense1.kernel",
                                                              "residual_block.dense1.bias",
                                                              "residual_block.norm.gamma",
                                                              "residual_block.norm.beta",
                                                              "residual_block.dense2.kernel",
                                                              "residual_block.dense2.bias",
                                                              "residual_block_1.dense1.kernel",
                                                              "residual_block_1.dense1.bias",
                                                              "residual_block_1.norm.gamma",
                                                              "residual_block_1.norm.beta",
                                                              "residual_block_1.dense2.kernel",
                                                              "residual_block_1.dense2.bias",
                                                              "sequential.dense.kernel",
                                                              "sequential.dense.bias",
                                                              "sequential.dense_1.kernel",
                                                              "sequential.dense_1.bias"});
  CHECK(names(model.buffers()) ==
        std::vector<std::string>{"batch_normalization.moving_mean", "batch_normalization.moving_variance"});
  CHECK(model.output_shape() == Shape{2});
  CHECK(snake_case("BatchNormalization") == "batch_normalization");
  CHECK(snake_case("RMSNormalization") == "rms_normalization");
}

TEST_CASE("without an Input the first batch builds the model, with the same names and weights") {
  const Tensor x = Tensor::normal({2, 6}, 0, 1);
  set_seed(3);
  Sequential eager{Input{{6}}, Dense{4}, ResidualBlock{4}};
  set_seed(3);
  Sequential lazy{Dense{4}, ResidualBlock{4}};
  CHECK(error_text<StateError>([&] { lazy.parameters(); }) ==
        "[sequential] expected a layer that is built, which has parameters, got one that is not; start the Sequential "
        "with "
        "Input{{...}}, or call build(shape) or the layer itself first");
  {
    GradientTape tape;  // building under a tape records nothing
    tape.backward(sum(lazy(x, Mode::training)));
  }
  CHECK(names(lazy.parameters()) == names(eager.parameters()));
  CHECK(same_bits(lazy.parameters()["dense.kernel"].value(), eager.parameters()["dense.kernel"].value()));
}

TEST_CASE("layers and models move, built or not, and keep their parameters") {
  Sequential model = small_model();
  const Tensor x = Tensor::normal({5, 6}, 0, 1);
  const Tensor before = model.predict(x).clone();
  const Parameters parameters = model.parameters();
  Sequential moved = std::move(model);
  CHECK(same_bits(moved.predict(x), before));
  CHECK(&moved.parameters()[0] == &parameters[0]);

  ResidualBlock block{6};
  block.build({6});
  const Tensor y = block.predict(x).clone();
  ResidualBlock other = std::move(block);
  CHECK(same_bits(other.predict(x), y));
}

TEST_CASE("predict records nothing and changes nothing") {
  Sequential model = small_model();
  const Tensor x = Tensor::normal({5, 6}, 2, 3);
  const Tensor mean = model.buffers()[0].value().clone();
  GradientTape tape;
  const Tensor first = model.predict(x).clone();
  CHECK(tape.size() == 0);
  CHECK(same_bits(model.predict(x), first));
  CHECK(same_bits(model.buffers()[0].value(), mean));
  const Tensor many = Tensor::normal({2500, 6}, 0, 1);  // more rows than are predicted at once
  CHECK(difference(model.predict(many), model(many, Mode::inference).value(), {1e-6, 1e-6}) == "");
}

TEST_CASE("one sample's inference output does not depend on its batch") {
  Sequential model = small_model();
  const Tensor x = Tensor::normal({64, 6}, 2, 3);
  model(x, Mode::training);
  CHECK(difference(model.predict(x).rows(7, 8), model.predict(x.rows(7, 8)), {1e-6, 1e-6}) == "");
}

TEST_CASE("freezing") {
  Sequential model = small_model();
  model[2].freeze();  // batch normalization
  const Tensor x = Tensor::normal({8, 6}, 2, 3);
  const Tensor mean = model.buffers()[0].value().clone();
  {
    GradientTape tape;
    tape.backward(sum(square(model(x, Mode::training))));
  }
  CHECK(same_bits(model.buffers()[0].value(), mean));
  CHECK_FALSE(model.parameters()["batch_normalization.gamma"].trainable());
  CHECK(model.parameters()["dense.kernel"].trainable());
  CHECK_FALSE(model.parameters()["batch_normalization.gamma"].has_gradient());
  CHECK(same_bits(model[2](x.reshape({12, 4}), Mode::training).value(),
                  model[2](x.reshape({12, 4}), Mode::inference).value()));
  model[2].unfreeze();
  CHECK(model.parameters()["batch_normalization.gamma"].trainable());

  model.freeze();  // and with it all layers within
  CHECK(std::ranges::none_of(model.parameters(), &Parameter::trainable));
  CHECK_FALSE(model[2].trainable());

  Dense early{3};
  early.freeze();  // before it is built
  early.build({2});
  CHECK_FALSE(early.parameters()["kernel"].trainable());
}

TEST_CASE("freezing by pattern, and by block") {
  const auto make = [] {
    return Sequential{Input{{3}}, Sequential{Dense{4}, BatchNormalization{{.center = false, .scale = false}}},
                      Sequential{Dense{4}, Dense{4}}, Dense{2}};
  };
  const auto frozen = [](Sequential& model) {
    std::string names;
    for (const auto& [path, layer] : model.descendants()) {
      if (!layer.trainable()) names += path + " ";
    }
    return names;
  };
  Sequential model = make();
  CHECK(model.freeze("sequential.*") == 2);
  CHECK(frozen(model) == "sequential.dense sequential.batch_normalization ");
  CHECK(model.unfreeze("*.dense") == 2);
  CHECK(frozen(model) == "sequential.batch_normalization ");
  CHECK(model.summary().find("batch_normalization (BatchNormalization)  (N, 4)                 8  frozen") !=
        std::string::npos);
  CHECK(model.freeze("sequential_1") == 1);  // a block, with all within
  CHECK(frozen(model) == "sequential.batch_normalization sequential_1 sequential_1.dense sequential_1.dense_1 ");
  CHECK(model.freeze("dens?") == 1);
  CHECK_FALSE(model.layer("dense").trainable());
  CHECK(&model.layer("sequential.dense") == &dynamic_cast<Sequential&>(model[1])[0]);

  CHECK(error_text<ValueError>([&] {
          model.freeze("sequental");
        }).starts_with("[sequential] unknown layer 'sequental', did you mean 'sequential'? (known: input, "));
  CHECK(error_text<ValueError>([&] {
          model.layer("sequential.dens");
        }).starts_with("[sequential] unknown layer 'sequential.dens', did you mean 'sequential.dense'?"));
}

TEST_CASE("an observer sees the output of every layer, inner ones first") {
  struct Names : ForwardObserver {
    std::string text;
    void on_output(Layer& layer, const Variable&, const Variable& y) override {
      text += fmt::format("{}{} ", layer.name(), y.shape());
    }
  };
  Sequential model{Dense{2}, Sequential{Dense{3}}};
  const Tensor x = Tensor::ones({5, 4});
  Names outer;
  {
    Names names;
    model(x, Mode::training);  // builds the model as well, unobserved
    CHECK(names.text == "dense(5, 2) sequential.dense(5, 3) sequential(5, 3) sequential(5, 3) ");
  }
  CHECK(outer.text.empty());
  model[0](x, Mode::inference);
  CHECK(outer.text == "dense(5, 2) ");
}

TEST_CASE("summary") {
  Sequential model = small_model();
  model[1].freeze();
  CHECK(model.summary() ==
        "Layer (type)                              Output shape  Parameters  Trainable\n"
        "-----------------------------------------------------------------------------\n"
        "input (Input)                             (N, 6)                 0  -\n"
        "dense (Dense)                             (N, 4)                24  frozen\n"
        "batch_normalization (BatchNormalization)  (N, 4)                16  yes\n"
        "activation (Activation)                   (N, 4)                 0  -\n"
        "dropout (Dropout)                         (N, 4)                 0  -\n"
        "dense_1 (Dense)                           (N, 3)                15  yes\n"
        "-----------------------------------------------------------------------------\n"
        "Total parameters 55 (220 B), trainable 23, not trainable 32");
}

TEST_CASE("a configuration rebuilds the model") {
  Sequential model{Input{{2, 3}},
                   Flatten{},
                   Dense{4, {.activation = "elu", .kernel_initializer = "he_normal"}},
                   Sequential{BatchNormalization{{.momentum = 0.9}}, LayerNormalization{{.epsilon = 1e-4}}},
                   Dropout{0.25},
                   Activation{"softmax"}};
  const std::unique_ptr<Layer> again = make_layer(model.config());
  CHECK(again->config() == model.config());
  CHECK(names(again->parameters()) == names(model.parameters()));

  Config config = Dense{2}.config();
  config.options.emplace_back("use_bais", false);
  CHECK(error_text<ValueError>([&] {
          make_layer(config);
        }).starts_with("[Dense] unknown option 'use_bais', did you mean 'use_bias'?"));
  CHECK(error_text<ValueError>([] {
          make_layer({"Dence", {}, {}});
        }).starts_with("[make_layer] unknown layer type 'Dence', did you mean 'Dense'?"));
  CHECK(error_text<ValueError>([] {
          make_layer({"Dropout", {{"rate", std::string("half")}}, {}});
        }) == "[Dropout] expected another kind of value for option 'rate'");
}

TEST_CASE("initializers") {
  const auto moments = [](std::string_view initializer, Fans fans) {
    Generator random(1);
    const Tensor x = initial_values("test", initializer, {200, 500}, fans, random);
    double sum = 0, squares = 0, largest = 0;
    for (const Real v : x.values()) {
      sum += v;
      squares += double{v} * v;
      largest = std::max(largest, std::abs(double{v}));
    }
    const auto n = static_cast<double>(x.size());
    return std::array{sum / n, squares / n, largest};
  };
  struct Case {
    const char* name;
    double variance;
    double bound;  // of the absolute value
  };
  const Fans fans{200, 500};
  for (const Case& row : {Case{"glorot_uniform", 2.0 / 700, std::sqrt(6.0 / 700)},
                          Case{"glorot_normal", 2.0 / 700, 2 * std::sqrt(2.0 / 700) / 0.8796},
                          Case{"he_uniform", 2.0 / 200, std::sqrt(6.0 / 200)},
                          Case{"he_normal", 2.0 / 200, 2 * std::sqrt(2.0 / 200) / 0.8796},
                          Case{"lecun_uniform", 1.0 / 200, std::sqrt(3.0 / 200)},
                          Case{"lecun_normal", 1.0 / 200, 2 * std::sqrt(1.0 / 200) / 0.8796},
                          Case{"random_normal", 0.0025, 1}, Case{"random_normal(2)", 4, 20},
                          Case{"random_uniform(3)", 3, 3}, Case{"torch_uniform", 1.0 / 600, 1 / std::sqrt(200.0)}}) {
    const auto [mean, second, largest] = moments(row.name, fans);
    CAPTURE(row.name);
    CHECK(std::abs(mean) < 5 * std::sqrt(row.variance / 100'000));
    CHECK(second == doctest::Approx(row.variance).epsilon(0.02));
    CHECK(largest <= row.bound * 1.0001);
  }
  CHECK(initial_values("test", "zeros", {3}, {}).at({2}) == 0);
  CHECK(initial_values("test", "ones", {3}, {}).at({2}) == 1);
}

TEST_CASE("errors of layers") {
  const auto text = [](auto call) { return error_text<Error>(call); };
  CHECK(text([] { Dense{0}; }) == "[dense] expected at least 1 unit, got 0");
  CHECK(text([] { Dense{-3}; }) == "[dense] expected at least 1 unit, got -3");
  CHECK(
      text([] { Dense(4, {.activation = "rellu"}); }) ==
      "[dense] unknown activation 'rellu', did you mean 'relu'? (known: linear, relu, leaky_relu, elu, sigmoid, tanh, "
      "softplus, gelu, silu)");
  CHECK(text([] {
          Dense(4, {.kernel_initializer = "he_norm"});
        }).starts_with("[dense] unknown initializer 'he_norm', did you mean 'he_normal'?"));
  CHECK(text([] { Dense(4, {.kernel_initializer = "he_normal(2)"}); }) ==
        "[dense] expected an initializer like random_normal(0.05), got 'he_normal(2)'");
  CHECK(text([] {
          Activation{"sigmiod"};
        }).starts_with("[activation] unknown activation 'sigmiod', did you mean 'sigmoid'?"));
  CHECK(text([] { Dropout{1}; }) == "[dropout] expected a rate in [0, 1), the share of elements to drop, got 1");
  CHECK(text([] { Dropout{-0.1}; }) == "[dropout] expected a rate in [0, 1), the share of elements to drop, got -0.1");
  CHECK(text([] { BatchNormalization{{.momentum = 1}}; }) ==
        "[batch_normalization] expected a momentum in [0, 1), the share of the old value, got 1");
  CHECK(text([] { BatchNormalization{{.momentum = -1}}; }).ends_with("got -1"));
  CHECK(text([] { BatchNormalization{{.epsilon = 0}}; }) == "[batch_normalization] expected an epsilon above 0, got 0");
  CHECK(text([] { LayerNormalization{{.epsilon = 0}}; }) == "[layer_normalization] expected an epsilon above 0, got 0");
  CHECK(text([] { Input{{0}}; }) == "[input] expected sizes of at least 1, got (0,)");

  Sequential model = small_model();
  CHECK(text([&] {
          model(Tensor::zeros({2, 5}), Mode::inference);
        }) == "[input] expected input of shape (6,) after the batch axis, got (2, 5)");
  CHECK(text([&] {
          model[5](Tensor::zeros({2, 5}), Mode::inference);
        }) == "[dense_1] expected input of shape (4,) after the batch axis, got (2, 5)");
  CHECK(text([&] {
          model(Tensor::zeros({1, 6}), Mode::training);
        }) ==
        "[batch_normalization] expected at least 2 values per feature in training, got 1 from input (1, 4): one value "
        "has "
        "no variance; drop the short last batch (.drop_last = true), or use layer or group normalization");
  CHECK(
      text([&] { model.build({7}); }) ==
      "[sequential] expected to be built once, for input of shape (6,), got (7,); make a new layer for another shape");
  CHECK(text([&] { model[6]; }) == "[sequential] expected a layer from 0 to 5, got 6");
  CHECK(text([&] {
          model.parameters()["dense.kernal"];
        }).starts_with("[parameters] unknown parameter 'dense.kernal', did you mean 'dense.kernel'?"));
  CHECK(text([] {
          Sequential{Input{{2, 3}}, Dense{4}};
        }) == "[dense] expected input (N, features), got samples of shape (2, 3); put a Flatten before it");
  CHECK(text([] { Dense{2}.summary(); }).starts_with("[dense] expected a layer that is built, which has a summary"));
}

TEST_CASE("a layer called with a single number, and a registration without a function") {
  CHECK_EQ(error_text<ShapeError>([] { Dense{3}(Tensor::full({}, 1), Mode::inference); }),
           "[dense] expected a batch (N, ...), got a single number");
  CHECK_EQ(error_text<ValueError>([] { register_layer("Scale", nullptr); }),
           "[register_layer] expected a function that makes a Scale, got none");
}
