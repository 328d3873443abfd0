// Steps that are not taken, and ways out of fit: weights of 0, numbers that are not finite, exceptions, short batches.
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

Dataset classes(Index n, Index count) {
  Generator random(9);
  Tensor labels = Tensor::empty({n});
  for (Index i = 0; i < n; ++i) labels.data()[i] = static_cast<Real>(i % count);
  return {Tensor::normal({n, 2}, 0, 1, random), labels, count};
}

Dataset targets(Index n) {
  Generator random(9);
  const Tensor x = Tensor::normal({n, 2}, 0, 1, random);
  return {x, x.clone()};
}

Sequential network(Index outputs) {
  set_seed(4);
  return Sequential{Input{{2}}, Dense{8}, BatchNormalization{}, Activation{"relu"}, Dropout{0.5}, Dense{outputs}};
}

std::vector<Real> state_of(const Layer& model) {
  std::vector<Real> all;
  for (const NamedTensor& tensor : model.state()) {
    all.insert(all.end(), tensor.value().values().begin(), tensor.value().values().end());
  }
  return all;
}

/// The absolute value by a way whose slope at 0 is NaN.
Variable root_of_square(const Variable& y, const Batch&) { return mean(sqrt(square(y))); }

/// y = 2 x falls by 0.25 a step; at 0 the gradient is NaN, and the loss is 0.
struct Falling {
  Dataset data{Tensor::ones({4, 2}), Tensor::zeros({4, 1})};
  Sequential model{Input{{2}}, Dense{1, {.use_bias = false, .kernel_initializer = "ones"}}};
  SGD optimizer{{.learning_rate = 0.25}};

  std::string error(FitOptions options) {
    options.epochs = 20;
    options.batch_size = 4;
    options.loss = root_of_square;
    options.show_progress = false;
    return error_text<NonFiniteError>([&] { fit(model, optimizer, data, options); });
  }
};

}  // namespace

TEST_CASE("a batch whose samples all have weight 0 is left out, with every loss") {
  struct Count : Callback {
    void on_batch_begin(TrainingState&) override { ++batches; }
    void on_loss(TrainingState&) override { ++losses; }
    void on_gradients(TrainingState&) override { ++updates; }
    void on_step_end(TrainingState& state) override {
      ++steps;
      finite += std::isfinite(state.batch_loss) ? 1 : 0;
    }
    int batches = 0, losses = 0, updates = 0, steps = 0, finite = 0;
  };
  Tensor weights = Tensor::zeros({64});
  for (const Index i : {8, 10, 40}) weights.data()[i] = 1;  // in batches 2 and 10 of 4 samples
  std::vector<Index> kept{8, 9, 10, 11, 40, 41, 42, 43};
  for (const std::string loss : {"", "softmax_cross_entropy", "mean_squared_error", "mean_absolute_error", "huber",
                                 "binary_cross_entropy", "own"}) {
    CAPTURE(loss);
    const bool by_class = loss.empty() || loss == "softmax_cross_entropy" || loss == "binary_cross_entropy";
    const Index outputs = loss == "binary_cross_entropy" ? 1 : 2;
    const Dataset data = (by_class ? classes(64, 2) : targets(64)).with_weights(weights);
    const Dataset few(data.batch(kept), data.classes());
    const Loss function = loss != "own" ? Loss(loss) : Loss([](const Variable& y, const Batch& batch) {
      return mean_squared_error(y, batch.labels, batch.weights);
    });
    std::vector<Real> states[2];
    std::vector<double> losses[2];
    for (const bool all : {false, true}) {
      Sequential model = network(outputs);
      Adam optimizer{{.learning_rate = 0.1, .weight_decay = 0.1}};
      Count count;
      const FitOptions options{.epochs = 3,
                               .batch_size = 4,
                               .shuffle = false,
                               .loss = function,
                               .show_progress = false,
                               .callbacks = {&count}};
      losses[all] = fit(model, optimizer, all ? data : few, options).column("loss");
      states[all] = state_of(model);
      CHECK(optimizer.steps() == 3 * 2);
      CHECK((count.losses == 6 && count.updates == 6 && count.finite == 6));
      CHECK((count.batches == (all ? 48 : 6) && count.steps == (all ? 48 : 6)));
      CHECK(std::isfinite(evaluate(model, data, {.batch_size = 4, .loss = function}).loss));
    }
    CHECK(states[0] == states[1]);
    CHECK(losses[0] == losses[1]);
  }
}

TEST_CASE("class weights of 0, micro-batches of weight 0") {
  Tensor labels = Tensor::zeros({64});
  for (Index i = 0; i < 64; i += 8) labels.data()[i] = 1;
  Generator random(1);
  const Dataset data = Dataset(Tensor::normal({64, 2}, 0, 1, random), labels, 2).with_class_weights({0, 1});
  std::vector<Real> states[2];
  for (const Index parts : {1, 4}) {
    set_seed(4);
    Sequential model{Input{{2}}, Dense{2}};
    SGD optimizer{{.learning_rate = 0.5, .momentum = 0.9}};
    const History history = fit(model, optimizer, data,
                                {.epochs = 2,
                                 .batch_size = 16 / parts,
                                 .gradient_accumulation_steps = parts,
                                 .shuffle = false,
                                 .show_progress = false});
    CHECK(optimizer.steps() == 8);
    states[parts == 1] = state_of(model);
  }
  for (std::size_t i = 0; i < states[0].size(); ++i) CHECK(states[0][i] == doctest::Approx(states[1][i]).epsilon(1e-5));
}

TEST_CASE("data that does not count at all is an error before the first update") {
  const Dataset weighted = classes(8, 2).with_weights(Tensor::from({0, 0, 0, 0, 0, 0, 0, 1}));
  const Dataset data = weighted.take(0, 6);
  Sequential model = network(2);
  const std::vector<Real> before = state_of(model);
  SGD optimizer;
  CHECK(error_text<ValueError>([&] { fit(model, optimizer, data, {.batch_size = 2, .show_progress = false}); }) ==
        "[fit] expected a sample that counts, got weights of 0 only in epoch 1; leave out weights of 0");
  CHECK(optimizer.steps() == 0);
  CHECK(state_of(model) == before);
  CHECK(error_text<ValueError>([&] { evaluate(model, data); }) ==
        "[evaluate] expected a sample that counts, got 6 of weight 0");
}

TEST_CASE("a step with a gradient that is not finite is not taken") {
  const TemporaryFolder folder;
  const auto path = folder / "latest.safetensors";
  Falling falling;
  CHECK(falling.error({.callbacks = {ModelCheckpoint{path.string()}}}) ==
        "[fit] expected a finite gradient of dense.kernel, got nan in epoch 5, step 1; the step is not taken; the "
        "first gradient that is not finite is that of sqrt, rows 0, 1, 2, 3 of 4; try a lower learning rate (now "
        "0.25), scaled inputs or clipped gradients");
  CHECK(falling.optimizer.steps() == 4);
  CHECK(same_bits(falling.model.parameters()["dense.kernel"].value(), Tensor::zeros({2, 1})));
  Sequential loaded = load_model(path);
  CHECK(same_bits(loaded.parameters()["dense.kernel"].value(), Tensor::zeros({2, 1})));

  // Infinity that a callback clips is none.
  struct Clip : Callback {
    void on_gradients(TrainingState& state) override {
      for (Parameter& parameter : state.model.parameters()) parameter.gradient().fill(1);
    }
  };
  Falling clipped;
  CHECK(clipped.error({.callbacks = {Clip{}}}) == "no error");
  CHECK(clipped.optimizer.steps() == 20);
}

TEST_CASE("the parameter nearest to the loss is named, in models of any size, for any number of threads") {
  struct Spoil : Callback {
    explicit Spoil(std::vector<std::string> n, Real v) : names(std::move(n)), value(v) {}
    void on_gradients(TrainingState& state) override {
      for (const std::string& name : names) state.model.parameters()[name].gradient().values().back() = value;
    }
    std::vector<std::string> names;
    Real value;
  };
  const Real infinity = std::numeric_limits<Real>::infinity();
  const int before = threads();
  for (const int team : {1, 2}) {
    set_threads(team);
    Sequential model{Input{{2}}, Dense{20'000}, Sequential{Dense{3}, Dense{2}}};
    SGD optimizer;
    const auto error = [&](std::vector<std::string> names, Real value) {
      return error_text<NonFiniteError>([&] {
        fit(model, optimizer, classes(8, 2),
            {.batch_size = 8, .show_progress = false, .callbacks = {Spoil{std::move(names), value}}});
      });
    };
    CHECK(error({"dense.kernel"}, infinity)
              .starts_with("[fit] expected a finite gradient of dense.kernel, got inf in epoch 1, step 1; "));
    CHECK(
        error({"dense.bias", "sequential.dense_1.bias"}, -infinity)
            .starts_with("[fit] expected a finite gradient of sequential.dense_1.bias, got -inf in epoch 1, step 1; "));
    CHECK(error({}, 0) == "no error");
    const Real large = std::numeric_limits<Real>::max() / 2000;  // their sum overflows
    const auto all = on_gradients([&](auto& state) { state.model.parameters()["dense.bias"].gradient().fill(large); });
    SGD slow{{.learning_rate = 1e-30}};
    CHECK(error_text<Error>([&] {
            fit(model, slow, classes(8, 2), {.batch_size = 8, .show_progress = false, .callbacks = {all}});
          }) == "no error");
  }
  set_threads(before);
}

TEST_CASE("a parameter that no sample of the step uses is left alone, with micro-batches too") {
  struct TwoHeads : Layer {
    Dense first{1, {.use_bias = false, .kernel_initializer = "ones"}};
    Dense second{1, {.use_bias = false, .kernel_initializer = "ones"}};
    int calls = 0;
    Children children() override { return {{"first", first}, {"second", second}}; }
    void create_parameters(const Shape& shape) override {
      first.build(shape);
      second.build(shape);
    }
    Variable forward(const Variable& x, Mode mode) override {
      return mode == Mode::training && calls++ == 0 ? first(x, mode) : second(x, mode);
    }
  };
  for (const Index parts : {1, 2}) {
    TwoHeads model;
    SGD optimizer{{.learning_rate = 0.1, .momentum = 0.9}};
    struct First : Callback {
      void on_step_end(TrainingState& state) override {
        values.push_back(state.model.parameters()["first.kernel"].value().item());
      }
      std::vector<Real> values;
    } seen;
    fit(model, optimizer, Dataset(Tensor::ones({8, 1}), Tensor::zeros({8, 1})),
        {.batch_size = 2 / parts,
         .gradient_accumulation_steps = parts,
         .loss = [](const Variable& y, const Batch&) { return mean(y); },
         .show_progress = false,
         .callbacks = {&seen}});
    const Real moved = parts == 1 ? Real(0.9) : Real(0.95);
    CHECK(seen.values == std::vector<Real>(4, moved));
  }
}

TEST_CASE("a step that makes weights infinite ends training with its epoch, and nothing is saved") {
  const TemporaryFolder folder;
  const auto path = folder / "latest.safetensors";
  Sequential model{Input{{2}}, Dense{1, {.use_bias = false, .kernel_initializer = "zeros"}}};
  SGD optimizer{{.learning_rate = 1000}};
  const Dataset data(Tensor::ones({4, 2}), Tensor::zeros({4, 1}));
  const auto steep = [](const Variable& y, const Batch&) { return sum(y) * (std::numeric_limits<Real>::max() / 5); };
  CHECK(error_text<NonFiniteError>([&] {
          fit(model, optimizer, data,
              {.batch_size = 4, .loss = steep, .show_progress = false, .callbacks = {ModelCheckpoint{path.string()}}});
        }) ==
        "[fit] expected a finite dense.kernel, got -inf in epoch 1, step 1; the steps overflowed; try a lower learning "
        "rate (now 1000), scaled inputs or clipped gradients");
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("when training fails, the best weights are restored and the history is there") {
  struct Best : Callback {
    void on_epoch_end(TrainingState& state) override {
      if (state.epoch == 2) best = state_of(state.model);
    }
    std::vector<Real> best;
  };
  const Dataset data = classes(16, 2);
  for (const bool by_loss : {false, true}) {
    Sequential model = network(2);
    SGD optimizer{{.learning_rate = 0.01}};
    int calls = 0;
    const auto loss = [&](const Variable& y, const Batch& batch) {
      const Variable value = softmax_cross_entropy(y, batch.labels);
      if (++calls != 8) return value;
      return by_loss ? value * std::numeric_limits<Real>::quiet_NaN() : value + sqrt(square(0 * sum(y)));
    };
    struct Worse : Callback {
      void on_epoch_end(TrainingState& state) override { state.training.loss = state.epoch == 2 ? 1 : 2; }
    };
    Best best;
    EarlyStopping stopping{{.monitor = "loss", .patience = 100}};
    History history;
    CHECK(error_text<NonFiniteError>([&] {
            fit(model, optimizer, data,
                {.epochs = 9,
                 .batch_size = 8,
                 .loss = loss,
                 .show_progress = false,
                 .callbacks = {Worse{}, &best, &stopping},
                 .history = &history});
          }).find("in epoch 4, step 2") != std::string::npos);
    CHECK(stopping.best_epoch() == 2);
    CHECK(state_of(model) == best.best);
    CHECK(history.size() == 3);
    CHECK(history.columns()[2] == "accuracy");
  }
}

TEST_CASE("every callback is told of the end, also if one of them throws") {
  struct Told : Callback {
    explicit Told(std::string t, std::string at = "") : text(std::move(t)), hook(std::move(at)) {}
    void at(const char* name) const {
      if (hook.find(name) != std::string::npos) throw StateError(text + " at " + name);
    }
    void on_train_begin(TrainingState&) override { at("begin"); }
    void on_batch_begin(TrainingState&) override { at("batch"); }
    void on_loss(TrainingState&) override { at("loss"); }
    void on_gradients(TrainingState&) override { at("gradients"); }
    void on_step_end(TrainingState&) override { at("step"); }
    void on_epoch_end(TrainingState&) override { at("epoch"); }
    void on_train_end(TrainingState&) override {
      ++ended;
      at("end");
    }
    std::string text, hook;
    int ended = 0;
  };
  const Dataset data = classes(16, 2);
  const auto run = [&](Told& a, Told& b, Told& c) {
    Sequential model{Input{{2}}, Dense{2}};
    SGD optimizer;
    History history;
    const std::string text = error_text<StateError>([&] {
      fit(model, optimizer, data,
          {.epochs = 2, .batch_size = 8, .show_progress = false, .callbacks = {&a, &b, &c}, .history = &history});
    });
    return fmt::format("{}; {} {} {}; {} epochs", text, a.ended, b.ended, c.ended, history.size());
  };
  const auto with = [&](const char* first, const char* second) {
    Told a("a", first), b("b", second), c("c");
    return run(a, b, c);
  };
  CHECK(with("", "") == "no error; 1 1 1; 2 epochs");
  CHECK(with("end", "") == "a at end; 1 1 1; 2 epochs");
  CHECK(with("end", "end") == "a at end; 1 1 1; 2 epochs");
  CHECK(with("end", "epoch") == "b at epoch; 1 1 1; 1 epochs");
  CHECK(with("step, end", "") == "a at step; 1 1 1; 0 epochs");
  CHECK(with("end", "begin") == "b at begin; 1 0 0; 0 epochs");
  for (const char* hook : {"batch", "loss", "gradients", "step"}) {
    CHECK(with("", hook) == fmt::format("b at {}; 1 1 1; 0 epochs", hook));
  }
}

TEST_CASE("a last batch of one sample with batch normalization is said before the first step") {
  const Dataset data = targets(9);
  const auto text = [&](Layer& model, FitOptions options) {
    SGD optimizer;
    options.show_progress = false;
    const std::string error = error_text<ValueError>([&] { fit(model, optimizer, data, options); });
    CHECK((optimizer.steps() == 0) == (error != "no error"));
    return error;
  };
  const auto expected = [](const char* layer) {
    return fmt::format(
        "[fit] expected batches of at least 2 samples, for {} normalizes by the batch, got a last batch of 1; set "
        ".drop_last = true or another .batch_size",
        layer);
  };
  Sequential model{Input{{2}}, Sequential{Dense{2}, BatchNormalization{}}, Dense{2}};
  CHECK(text(model, {.batch_size = 4}) == expected("sequential.batch_normalization"));
  CHECK(text(model, {.batch_size = 1}) == expected("sequential.batch_normalization"));
  CHECK(text(model, {.batch_size = 4, .gradient_accumulation_steps = 2}) == expected("sequential.batch_normalization"));
  CHECK(text(model, {.batch_size = 4, .drop_last = true}) == "no error");
  CHECK(text(model, {.batch_size = 5}) == "no error");
  CHECK(text(model, {.batch_size = 9}) == "no error");
  BatchNormalization alone;
  CHECK(text(alone, {.batch_size = 8}) == expected("batch_normalization"));
  Sequential renormalized{Input{{2}}, BatchRenormalization{}};
  CHECK(text(renormalized, {.batch_size = 8}) == expected("batch_renormalization"));
  model.freeze("*batch*");  // takes its moving statistics
  CHECK(text(model, {.batch_size = 4}) == "no error");
  Sequential plain{Input{{2}}, Dense{2}, LayerNormalization{}};
  CHECK(text(plain, {.batch_size = 4}) == "no error");
  // A sample of several rows has several values per feature.
  Sequential rows{Input{{2, 2}}, BatchNormalization{}};
  SGD optimizer;
  const Dataset pairs(Tensor::ones({5, 2, 2}), Tensor::ones({5, 2, 2}));
  CHECK(error_text<Error>([&] { fit(rows, optimizer, pairs, {.batch_size = 4, .show_progress = false}); }) ==
        "no error");
  // Batches that are made elsewhere.
  Sequential fresh{Input{{2}}, BatchNormalization{}};
  const auto nothing = [](Batch&, RandomKey) {};
  CHECK(error_text<ValueError>([&] {
          fit(fresh, optimizer, Prefetched(Transformed(DataLoader(data, {.batch_size = 4}), nothing)),
              {.show_progress = false});
        }) == expected("batch_normalization"));
}

TEST_CASE("a batch size above the data is all of the data") {
  const Dataset data = targets(9);
  std::vector<Real> states[2];
  for (const Index batch_size : {9, 1000}) {
    Sequential model = network(2);
    SGD optimizer;
    fit(model, optimizer, data,
        {.epochs = 2, .batch_size = batch_size, .validation_split = 0.2, .show_progress = false});
    CHECK(optimizer.steps() == 2);
    CHECK(predict(model, data, batch_size).shape() == Shape{9, 2});
    CHECK(std::isfinite(evaluate(model, data, {.batch_size = batch_size}).loss));
    states[batch_size == 9] = state_of(model);
  }
  CHECK(states[0] == states[1]);
  Sequential model = network(2);
  SGD optimizer;
  CHECK(error_text<ValueError>([&] {
          fit(model, optimizer, data, {.batch_size = 10, .drop_last = true, .show_progress = false});
        }) == "[data_loader] expected a batch size of at most the 9 samples for drop_last, got 10");
  fit(model, optimizer, data, {.show_progress = false});  // 32 by default
  CHECK(optimizer.steps() == 1);
}

TEST_CASE("null callbacks and functions") {
  CHECK(error_text<ValueError>([] { return FitOptions{.callbacks = {static_cast<Callback*>(nullptr)}}; }) ==
        "[fit] expected a callback, got a null pointer");
  CHECK(error_text<ValueError>([] { return FitOptions{.callbacks = {static_cast<EarlyStopping*>(nullptr)}}; }) ==
        "[fit] expected a callback, got a null pointer");
  CHECK(error_text<ValueError>([] { return FitOptions{.loss = Loss::Function{}}; }) ==
        "[loss] expected a function, got null; leave out .loss for the default one");
  CHECK(error_text<ValueError>([] {
          return EvaluateOptions{.loss = static_cast<Variable (*)(const Variable&, const Batch&)>(nullptr)};
        }) == "[loss] expected a function, got null; leave out .loss for the default one");
}
