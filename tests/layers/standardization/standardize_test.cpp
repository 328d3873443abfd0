#include <gradus/layers/standardization/standardize.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

/// Features of other sizes than an initial network expects, the last of them constant.
Dataset table() {
  set_seed(4);
  Tensor inputs = Tensor::normal({64, 3});
  for (Index row = 0; row < 64; ++row) {
    inputs(row, 0) = 1000 + 50 * inputs(row, 0);
    inputs(row, 1) = Real(1e-3) * inputs(row, 1);
    inputs(row, 2) = Real(16777.217);
  }
  return {inputs, Tensor::uniform({64, 1})};
}

}  // namespace

TEST_CASE("standardize: a model takes inputs as they are, also from a file and built from its configuration") {
  const TemporaryFolder folder;
  const Dataset train = table();
  const Standardization statistics(train);
  set_seed(1);
  Sequential plain{Input{3}, Dense{4, {.activation = "tanh"}}, Dense{1}};
  set_seed(1);
  Sequential model{Input{3}, Standardize{statistics}, Dense{4, {.activation = "tanh"}}, Dense{1}};
  const Tensor raw = train.batch().inputs;
  const Tensor standardized = statistics(train).batch().inputs;
  CHECK_EQ(difference(model[1].predict(raw), standardized, {1e-4, 1e-5}), "");
  for (Index row = 0; row < 64; ++row) REQUIRE_EQ(model[1].predict(raw)(row, 2), 0);
  CHECK_EQ(difference(model.predict(raw), plain.predict(standardized), {1e-4, 1e-5}), "");

  SGD optimizer{{.learning_rate = 0.1}};
  const Tensor mean = model.buffers()["standardize.mean"].value().clone();
  fit(model, optimizer, train, {.epochs = 2, .batch_size = 16, .show_progress = false});
  CHECK(same_bits(model.buffers()["standardize.mean"].value(), mean));

  save_model(model, folder / "model.safetensors");
  const Sequential loaded = load_model(folder / "model.safetensors");
  CHECK(same_bits(loaded.predict(raw), model.predict(raw)));
  CHECK(same_bits(fold_batch_normalization(model).predict(raw), model.predict(raw)));
}

TEST_CASE("standardize: without statistics it changes nothing; other samples are an error") {
  Sequential model{Input{{2, 2}}, Standardize{}};
  const Tensor x = Tensor::normal({3, 2, 2});
  CHECK(same_bits(model.predict(x), x));
  CHECK_EQ(error_text<ShapeError>([] {
             Sequential{Input{4}, Standardize{Standardization(table())}};
           }),
           "[standardize] expected samples of shape (3,), as those of the statistics, got (4,)");
}

TEST_CASE("standardize: the doctor does not ask for what the model does") {
  const Dataset train = table();
  const auto finds = [&](Layer& model) {
    const auto findings = diagnose(model, {.dataset = &train});
    return std::ranges::any_of(findings, [](const Finding& f) { return f.rule == "data_not_scaled"; });
  };
  Sequential without{Input{3}, Dense{8, {.activation = "relu"}}, Dense{1}};
  Sequential with{Input{3}, Standardize{Standardization(train)}, Dense{8, {.activation = "relu"}}, Dense{1}};
  CHECK(finds(without));
  CHECK_FALSE(finds(with));
}
