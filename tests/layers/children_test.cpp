#include <gradus/gradus.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace gradus;

namespace {

/// One layer under two names.
struct Shared : Layer {
  Dense dense{3, {.kernel_regularizer = {.l2 = 1}}};
  BatchNormalization norm;
  Variable forward(const Variable& x, Mode mode) override { return norm(dense(dense(x, mode), mode), mode); }
  Children children() override { return {{"first", dense}, {"norm", norm}, {"second", dense}}; }
};

/// Two layers that hold the same one.
struct Around : Layer {
  explicit Around(Layer& layer) : inner(layer) {}
  Variable forward(const Variable& x, Mode mode) override { return inner(x, mode); }
  Children children() override { return {{"inner", inner}}; }
  Layer& inner;
};
struct Twice : Layer {
  Dense dense{3};
  Around a{dense}, b{dense};
  Variable forward(const Variable& x, Mode mode) override { return b(a(x, mode), mode); }
  Children children() override { return {{"a", a}, {"b", b}}; }
};

/// Lists itself.
struct Circular : Layer {
  Dense dense{3};
  Variable forward(const Variable& x, Mode mode) override { return dense(x, mode); }
  Children children() override { return {{"self", *this}, {"dense", dense}}; }
};

template <class L>
struct Forgetful : Layer {
  L inner;
  explicit Forgetful(L layer) : inner(std::move(layer)) {}
  Variable forward(const Variable& x, Mode mode) override { return inner(x, mode); }
};

struct MakesInForward : Layer {
  Variable forward(const Variable& x, Mode mode) override { return Dense{3}(x, mode); }
};

/// Uses a parameter that no layer has made.
struct Bare : Layer {
  Parameter scale{"scale", Tensor::ones({3})};
  Dense dense{1};
  Variable forward(const Variable& x, Mode mode) override { return dense(x * scale, mode); }
  Children children() override { return {{"dense", dense}}; }
};

template <class L>
struct Residual : Layer {
  L inner;
  explicit Residual(L layer) : inner(std::move(layer)) {}
  Variable forward(const Variable& x, Mode mode) override { return x + inner(x, mode); }
  Children children() override { return {{"inner", inner}}; }
};

template <class A, int n>
struct Pair : Layer {
  Variable forward(const Variable& x, Mode) override { return x; }
};

template <class T>
std::vector<std::string> names(NamedTensorList<T> list) {
  std::vector<std::string> result;
  for (const NamedTensor& tensor : list) result.push_back(tensor.name());
  return result;
}

Dataset data() { return Dataset(Tensor::ones({32, 3}), Tensor::zeros({32, 1})); }

}  // namespace

TEST_CASE("a layer that is listed twice counts once") {
  Shared model;
  model.build({3});
  CHECK(names(model.parameters()) == std::vector<std::string>{"first.kernel", "first.bias", "norm.gamma", "norm.beta"});
  CHECK(names(model.buffers()) == std::vector<std::string>{"norm.moving_mean", "norm.moving_variance"});
  CHECK(model.state().size() == 6);
  CHECK(model.regularized().size() == 1);
  CHECK(model.descendants().size() == 2);
  CHECK(model.summary().find("Total parameters 24 ") != std::string::npos);
  model.freeze();
  for (const Parameter& parameter : model.parameters()) CHECK_FALSE(parameter.trainable());

  Twice twice;
  twice.build({3});
  CHECK(names(twice.parameters()) == std::vector<std::string>{"a.inner.kernel", "a.inner.bias"});
  SGD optimizer{{.learning_rate = 0.5}};
  twice.dense.parameters()["a.inner.kernel"].value().fill(1);
  GradientTape tape;
  tape.backward(sum(twice.dense(Tensor::ones({1, 3}), Mode::training)));
  optimizer.step(twice.parameters());
  for (const Real w : twice.parameters()[0].value().values()) CHECK(w == 0.5);  // moved once
}

TEST_CASE("a layer that lists itself ends") {
  Circular model;
  model.build({3});
  CHECK(names(model.parameters()) == std::vector<std::string>{"dense.kernel", "dense.bias"});
  CHECK(model.descendants().size() == 1);
  model.set_trainable(false);
  CHECK_FALSE(model.dense.trainable());
  CHECK(model.summary().find("dense (Dense)") != std::string::npos);
}

TEST_CASE("a layer with weights that children() does not list is an error where it is called") {
  const std::string text =
      "expected forward to call layers that children() lists, got 'dense' (Dense), which it does not: its weights "
      "would "
      "be neither trained nor saved; add it to children(), or freeze it";
  const Tensor x = Tensor::ones({2, 3});
  Forgetful forgetful{Dense{3}};
  CHECK(error_text<StateError>([&] { forgetful(x, Mode::inference); }) == "[forgetful_dense] " + text);
  CHECK(error_text<StateError>([&] { Forgetful{Dense{3}}.predict(x); }) == "[forgetful_dense] " + text);
  CHECK(error_text<StateError>([&] { MakesInForward{}.build({3}); }) == "[makes_in_forward] " + text);
  SGD optimizer;
  CHECK(error_text<StateError>([&] { fit(forgetful, optimizer, data(), {.show_progress = false}); }) ==
        "[forgetful_dense] " + text);
  CHECK(error_text<StateError>([&] {
          Sequential{Input{3}, Forgetful{Dense{3}}, Dense{1}};
        }) == "[forgetful_dense] " + text);
  // Moving statistics are lost, too.
  CHECK(error_text<StateError>([&] {
          Forgetful{BatchNormalization{{.center = false, .scale = false}}}.build({3});
        }).starts_with("[forgetful_batch_normalization] expected forward to call layers that children() lists"));
  // The layer that forgets is named, not one around it.
  CHECK(error_text<StateError>([&] { Residual{Forgetful{Dense{3}}}.build({3}); }) == "[forgetful_dense] " + text);
}

TEST_CASE("layers without weights, frozen ones and predict need not be listed") {
  const Tensor x = Tensor::ones({2, 3});
  CHECK_NOTHROW(Forgetful{Activation{"relu"}}.build({3}));
  Dense frozen{3};
  frozen.freeze();
  CHECK_NOTHROW(Forgetful{std::move(frozen)}.build({3}));
  struct Teacher : Layer {
    explicit Teacher(Layer& layer) : teacher(layer) {}
    Variable forward(const Variable& x, Mode) override { return x - teacher.predict(x.value()); }
    Layer& teacher;
  };
  Sequential teacher{Input{3}, Dense{3}};
  CHECK_NOTHROW(Teacher{teacher}.build({3}));
}

TEST_CASE("fit: a parameter that the model does not list, and a model that has nothing to train") {
  SGD optimizer;
  const FitOptions quiet{.show_progress = false};
  Bare bare;
  CHECK(error_text<StateError>([&] { fit(bare, optimizer, data(), quiet); }) ==
        "[fit] expected a loss of parameters of the model, got 'scale', which nothing would move; list its layer in "
        "children() and build it in create_parameters, or make it by add_weight");
  Sequential empty{Input{3}, Activation{"relu"}};
  CHECK(error_text<StateError>([&] { fit(empty, optimizer, data(), quiet); }) ==
        "[fit] expected a model with trainable parameters, got 'sequential', which has no parameters; list the layers "
        "that it holds in children()");
  Sequential frozen{Input{3}, Dense{1}};
  frozen.freeze();
  CHECK(error_text<StateError>([&] { fit(frozen, optimizer, data(), quiet); }) ==
        "[fit] expected a model with trainable parameters, got 'sequential', whose parameters are all frozen; call "
        "unfreeze()");
  GradientTape tape;
  CHECK(error_text<StateError>([&] {
          tape.backward(sum(frozen(Tensor::ones({2, 3}), Mode::training)));
        }) ==
        "[backward] expected a loss that depends on a trainable parameter, got a constant: every parameter is frozen; "
        "unfreeze a layer of the model");
}

TEST_CASE("the type of a template is its name with its arguments") {
  struct Local : Layer {
    Variable forward(const Variable& x, Mode) override { return x; }
  };
  CHECK(Dense{3}.type() == "Dense");
  CHECK(Local{}.type() == "Local");
  CHECK(Residual{Dense{3}}.type() == "Residual<Dense>");
  CHECK(Residual<Residual<Dense>>{Residual{Dense{3}}}.type() == "Residual<Residual<Dense> >");
  CHECK(Pair<Dense, 3>{}.type() == "Pair<Dense, 3>");
  CHECK(Residual{Local{}}.type() == "Residual<Local>");
  CHECK(Residual{Dense{3}}.name() == "residual_dense");
  Sequential model{Input{3}, Residual{Dense{3}}, Residual{Dense{3}}, Pair<Dense, 3>{}};
  CHECK(model.descendants()[1].name == "residual_dense");
  CHECK(model.descendants()[3].name == "residual_dense_1");
  CHECK(model.descendants()[5].name == "pair_dense_3");
  CHECK(names(model.parameters())[0] == "residual_dense.inner.kernel");
  CHECK(model.summary().find("residual_dense (Residual<Dense>)") != std::string::npos);
  CHECK(snake_case("Residual<Residual<Dense> >") == "residual_residual_dense");
  CHECK(snake_case("Pair<Dense, 3>") == "pair_dense_3");
  CHECK(snake_case("my_Layer2D") == "my_layer2d");
  CHECK(snake_case("Residual<Conv2D>") == "residual_conv2d");
  CHECK(snake_case("Conv2DTranspose") == "conv2d_transpose");
}

TEST_CASE("naming the layers of a Sequential asks each for its type a fixed number of times") {
  static int calls;
  calls = 0;
  struct Counted : Layer {
    Variable forward(const Variable& x, Mode) override { return x; }
    std::string type() const override {
      ++calls;
      return "Counted";
    }
  };
  constexpr int layers = 10'000;
  Sequential model;
  for (int i = 0; i < layers; ++i) model.add(Counted{});
  model.build({3});
  CHECK(calls <= 3 * layers);
  CHECK(model.descendants()[9'999].name == "counted_9999");
}

TEST_CASE("a Sequential takes layers by value") {
  Sequential model;
  model.add(Input{3}).add(Dense{4}).add(Activation{"relu"});
  model.add(Dense{2});
  Dense last{1};
  model.add(std::move(last)).add(std::make_unique<Dense>(1));
  model.build({3});
  CHECK(model.size() == 6);
  CHECK(model.output_shape() == Shape{1});
}

TEST_CASE("add on a built model builds the layer, and changes nothing if it fails") {
  Sequential model{Input{4}};
  model.add(Dense{32}).add(BatchNormalization{}).add(Dense{2});
  CHECK(model.output_shape() == Shape{2});
  CHECK(model.summary() == Sequential{Input{4}, Dense{32}, BatchNormalization{}, Dense{2}}.summary());
  CHECK(model.parameters()["dense_1.kernel"].shape() == Shape{32, 2});
  CHECK(model.state().size() == 8);

  const Parameters before = model.parameters();
  const std::string table = model.summary();
  CHECK_THROWS_AS(model.add(Input{5}), ShapeError);
  CHECK(model.summary() == table);
  CHECK(model.output_shape() == Shape{2});
  model.add(Dense{3});
  CHECK(before.size() == 6);  // a list is what it was when it was made
  CHECK(&before["dense_1.kernel"] == &model.parameters()["dense_1.kernel"]);
  CHECK(model.parameters().size() == 8);

  Sequential by_steps;
  by_steps.add(Input{4});
  CHECK(by_steps.built());
  by_steps.add(Dense{2});
  CHECK(by_steps.output_shape() == Shape{2});

  Sequential outer{Input{4}, Sequential{Dense{3}}};
  auto& inner = dynamic_cast<Sequential&>(outer[1]);
  CHECK(error_text<StateError>([&] { inner.add(Dense{1}); }) ==
        "[sequential] expected add on a model that no other one holds, got one within another, which is built; call it "
        "before that model is built, or make a new one");
}

TEST_CASE("a joined list stays valid as a list of const parameters") {
  Sequential model{Input{2}, Dense{3}};
  const ConstParameters parameters = join(model.parameters());
  CHECK(parameters.size() == 2);
  CHECK(parameters["dense.bias"].shape() == Shape{3});
}

TEST_CASE("null layers, empty variables, what was moved from: errors") {
  CHECK(error_text<ValueError>([] { Sequential{}.add(std::unique_ptr<Layer>()); }) ==
        "[sequential] expected a layer, got null");
  CHECK(error_text<ValueError>([] {
          std::vector<std::unique_ptr<Layer>> layers(2);
          Sequential{std::move(layers)};
        }) == "[sequential] expected a layer, got null");
  Dense dense{3};
  CHECK(error_text<StateError>([&] { dense(Variable{}, Mode::inference); }) ==
        "[dense] expected a batch (N, ...), got an empty variable");
  const std::string empty =
      "[variable] expected a tensor or a result, got an empty one: it was default-constructed, or moved from";
  CHECK(error_text<StateError>([] { square(Variable{}); }) == empty);
  CHECK(error_text<StateError>([] { return Variable{} + Variable(Tensor::ones({2})); }) == empty);
  CHECK(error_text<StateError>([] { GradientTape().backward(Variable{}); }).starts_with("[backward] expected"));
  CHECK(error_text<StateError>([] { GradientTape().watch(Tensor{}); }) == empty);
  CHECK(error_text<StateError>([] { sum(Tensor{}); }) == empty);
  Tensor tensor = Tensor::ones({2});
  const Tensor taken = std::move(tensor);
  CHECK(error_text<StateError>([&] { square(tensor); }) == empty);
  CHECK(error_text<StateError>([&] { dense.predict(tensor); }) == empty);

  Sequential model{Input{3}, Dense{3}};
  Sequential moved = std::move(model);
  const std::string gone = "[layer] expected a layer, got one that was moved from";
  const Tensor x = Tensor::ones({2, 3});
  CHECK(error_text<StateError>([&] { model.predict(x); }) == gone);
  CHECK(error_text<StateError>([&] { std::as_const(model).predict(x); }) == gone);
  CHECK(error_text<StateError>([&] { model(x, Mode::training); }) == gone);
  CHECK(error_text<StateError>([&] { model.parameters(); }) == gone);
  CHECK(error_text<StateError>([&] { model.summary(); }) == gone);
  CHECK(error_text<StateError>([&] { model.name(); }) == gone);
  CHECK(error_text<StateError>([&] { model.freeze(); }) == gone);
  CHECK(error_text<StateError>([&] { model.add(Dense{3}); }) == gone);
  SGD sgd;
  CHECK(error_text<StateError>([&] { fit(model, sgd, data(), {.show_progress = false}); }) == gone);
  model = std::move(moved);
  CHECK_NOTHROW(model.predict(x));
}

TEST_CASE("a sample without the batch axis") {
  Sequential model{Input{784}, Dense{2}};
  CHECK(error_text<ShapeError>([&] { model.predict(Tensor::ones({784})); }) ==
        "[input] expected a batch of samples of shape (784,), got one sample without the batch axis; use "
        "reshape({1, 784})");
  Dense dense{2};
  dense.build({784});
  CHECK(error_text<ShapeError>([&] { dense(Tensor::ones({784}), Mode::training); }) ==
        "[dense] expected a batch of samples of shape (784,), got one sample without the batch axis; use "
        "reshape({1, 784})");
}

TEST_CASE("samples without features are errors, batches without samples are not") {
  const auto text = [](auto layer, const Shape& shape) {
    return error_text<ShapeError>([&] { layer(Tensor::ones(shape), Mode::training); });
  };
  CHECK(text(BatchNormalization{}, {4, 0}) ==
        "[batch_normalization] expected at least 1 feature, the last axis, got samples of shape (0,)");
  CHECK(text(LayerNormalization{}, {4, 2, 0}) ==
        "[layer_normalization] expected at least 1 feature, the last axis, got samples of shape (2, 0)");
  CHECK(text(RMSNormalization{}, {4, 0}).starts_with("[rms_normalization] expected at least 1 feature"));
  CHECK(text(GroupNormalization{}, {4, 0}).starts_with("[group_normalization] expected at least 1 feature"));
  CHECK(text(InstanceNormalization{}, {4, 0}).starts_with("[instance_normalization] expected at least 1 feature"));
  CHECK(text(BatchRenormalization{}, {4, 0}).starts_with("[batch_renormalization] expected at least 1 feature"));
  CHECK(text(Dense{3}, {4, 0}) == "[dense] expected at least 1 feature, got samples of shape (0,)");
  CHECK(error_text<ShapeError>([] {
          layer_normalization(Tensor::ones({4, 0}), {}, {}, 1);
        }) == "[layer_normalization] expected input of at least 1 feature, the last axis, got shape (4, 0)");
  MovingStatistics moving{Tensor::ones({0}), Tensor::ones({0})};
  CHECK(error_text<ShapeError>([&] {
          batch_normalization(Tensor::ones({4, 0}), {}, {}, moving, 1, Mode::training);
        }) == "[batch_normalization] expected input of at least 1 feature, the last axis, got shape (4, 0)");
  CHECK(error_text<ShapeError>([] { Input{0}; }) == "[input] expected sizes of at least 1, got (0,)");

  Sequential model{Input{3},
                   Dense{4},
                   BatchNormalization{},
                   LayerNormalization{},
                   RMSNormalization{},
                   GroupNormalization{{.groups = 2}},
                   Dense{2}};
  CHECK(model.predict(Tensor::ones({0, 3})).shape() == Shape{0, 2});
}
