#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

/// y = x + layer(x) overflows in no layer but in the sum, if asked to.
class Residual : public Layer {
 public:
  Residual(Index units, Real factor) : inner_(Dense{units}, Dense{units}), factor_(factor) {}
  Variable forward(const Variable& x, Mode mode) override { return x + inner_(x, mode) * factor_; }
  Children children() override { return {{"inner", inner_}}; }

 private:
  Sequential inner_;
  Real factor_;
};

/// layer(factor^2 x), which overflows before the layer, if at all.
class Scaled : public Layer {
 public:
  Scaled(Index units, Real factor) : inner_(units), factor_(factor) {}
  Variable forward(const Variable& x, Mode mode) override { return inner_(x * factor_ * factor_, mode); }
  Children children() override { return {{"inner", inner_}}; }

 private:
  Dense inner_;
  Real factor_;
};

Dataset ones(Index n) { return {Tensor::ones({n, 2}), Tensor::ones({n, 2})}; }

std::string text_of(Layer& model, FitOptions options = {}) {
  SGD optimizer;
  options.show_progress = false;
  options.batch_size = 4;
  return error_text<NonFiniteError>([&] { fit(model, optimizer, ones(8), options); });
}

constexpr const char* cure = "; try a lower learning rate (now 0.01), scaled inputs or clipped gradients";

}  // namespace

TEST_CASE("the first layer that is not finite is named in any nesting") {
  const Real large = std::numeric_limits<Real>::max();
  const auto fill = [](Layer& model, const char* name, Real value) { model.parameters()[name].value().fill(value); };
  {
    Sequential model{Input{{2}}, Dense{2}, Sequential{Residual{2, 1}, Dense{2}}, Dense{2}};
    fill(model, "sequential.residual.inner.dense.kernel", 1);
    fill(model, "dense.bias", 10);
    fill(model, "sequential.residual.inner.dense_1.kernel", large);
    CHECK(text_of(model).ends_with(std::string(" in epoch 1, step 1; the first layer whose output is not finite is "
                                               "sequential.residual.inner.dense_1, in linear, rows 0, 1, 2, 3 of 4") +
                                   cure));
  }
  {
    // The layers within are finite; their sum in a custom layer is not, nor are the layers behind it.
    Sequential model{Input{{2}}, Residual{2, large}, Dense{2}};
    fill(model, "residual.inner.dense.kernel", 2);
    fill(model, "residual.inner.dense_1.kernel", 2);
    CHECK(text_of(model).find(
              "the first layer whose output is not finite is residual, in multiply, rows 0, 1, 2, 3 of 4;") !=
          std::string::npos);
  }
  {
    // The layer within is given what is not finite, and is not to blame.
    Sequential model{Input{{2}}, Scaled{2, large}, Dense{2}};
    CHECK(text_of(model).find("the first layer whose output is not finite is scaled;") != std::string::npos);
  }
}

TEST_CASE("a batch that is not finite leaves the moving statistics as they were") {
  Sequential model{Input{{2}}, Dense{2}, BatchNormalization{}, Dense{2}};
  model(Tensor::normal({8, 2}), Mode::training);
  const Tensor mean = model.buffers()["batch_normalization.moving_mean"].value().clone();
  const Tensor variance = model.buffers()["batch_normalization.moving_variance"].value().clone();
  model.parameters()["dense.kernel"].value()(0, 1) = std::numeric_limits<Real>::infinity();
  CHECK(text_of(model, {.epochs = 1}).starts_with("[fit] expected a finite loss"));
  for (const auto& [name, before] : {std::pair{"mean", mean}, std::pair{"variance", variance}}) {
    const Tensor& after = model.buffers()["batch_normalization.moving_" + std::string(name)].value();
    CHECK(after(0) != before(0));
    CHECK(after(1) == before(1));
  }
}

TEST_CASE("a loss that is not finite on its own, a later step, and nothing has moved") {
  Sequential model{Input{{2}}, Dense{2}};
  int calls = 0;
  const auto loss = [&](const Variable& outputs, const Batch&) {
    return sum(outputs) * (++calls == 4 ? std::numeric_limits<Real>::infinity() : Real(0));
  };
  model.parameters()["dense.kernel"].value().fill(1);
  struct Seen : Callback {
    void on_loss(TrainingState&) override { ++losses; }
    void on_step_end(TrainingState&) override { ++steps; }
    void on_train_end(TrainingState&) override { ++ends; }
    int losses = 0, steps = 0, ends = 0;
  } seen;
  CHECK(text_of(model, {.epochs = 5, .loss = loss, .callbacks = {&seen}}) ==
        std::string(
            "[fit] expected a finite loss, got inf in epoch 2, step 2; the same batch is finite when tried again") +
            cure);
  CHECK(seen.losses == 3);
  CHECK(seen.steps == 3);
  CHECK(seen.ends == 1);
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), Tensor::ones({2, 2})));
}

TEST_CASE("a loss or a gradient that is not finite is named with its operation, its layer and the rows") {
  const auto text = [](Layer& model, const Batch& batch, const Loss& loss) {
    return detect_anomaly(model, loss, batch);
  };
  const Loss logarithm = [](const Variable& outputs, const Batch&) { return mean(log(outputs)); };
  const Loss root = [](const Variable& outputs, const Batch&) { return mean(sqrt(square(outputs))); };
  Sequential model{Input{{2}}, BatchNormalization{}, Dropout{0.5}, Dense{1, {.use_bias = false}}};
  model.parameters()["dense.kernel"].value().fill(1);
  Batch batch{Tensor::normal({8, 2}), Tensor::zeros({8, 1})};
  const Tensor statistics = model.buffers()[0].value().clone();
  const std::string first = text(model, batch, root);
  CHECK(first.starts_with("the first gradient that is not finite is that of sqrt, rows "));  // that dropout made 0
  CHECK(same_bits(model.buffers()[0].value(), statistics));

  Sequential plain{Input{{2}}, Dense{2, {.kernel_initializer = "ones"}}, Dense{1, {.kernel_initializer = "ones"}}};
  batch.inputs.fill(1);
  CHECK(text(plain, batch, root) == "");
  batch.inputs(3, 0) = batch.inputs(5, 0) = -1;
  CHECK(text(plain, batch, root) == "the first gradient that is not finite is that of sqrt, rows 3, 5 of 8");
  CHECK(text(plain, batch, logarithm) ==
        "the outputs of all layers are finite, but not the loss, in log, rows 3, 5 of 8");
  batch.inputs(2, 1) = std::numeric_limits<Real>::infinity();
  CHECK(text(plain, batch, root) == "the inputs are not finite, in rows 2 of 8");
  batch.inputs(2, 1) = 1;
  plain.parameters()["dense.kernel"].value()(1, 1) = std::numeric_limits<Real>::quiet_NaN();
  CHECK(text(plain, batch, root) == "the weights dense.kernel are not finite");

  // A gradient that overflows within a layer.
  Sequential steep{Input{{2}}, Dense{2, {.use_bias = false}}, Dense{1, {.use_bias = false}}};
  steep.parameters()["dense.kernel"].value().fill(static_cast<Real>(1e-30));
  steep.parameters()["dense_1.kernel"].value().fill(std::numeric_limits<Real>::max() / 4);
  const Loss large = [](const Variable& outputs, const Batch&) { return sum(outputs * Real(8)); };
  CHECK(text(steep, batch, large) ==
        "the first gradient that is not finite is that of linear of dense_1, rows 0, 1, 2, 3, 4, ... of 8");
}
