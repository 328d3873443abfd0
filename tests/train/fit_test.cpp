#include "bench/allocations.h"
#include "support/captured_output.h"
#include "support/compare.h"
#include "support/temporary_folder.h"
#include "support/two_clouds.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

using namespace gradus;

namespace {

Sequential digit_model() {
  return Sequential{Input{{784}}, Dense{256, {.use_bias = false}},    BatchNormalization{}, Activation{"relu"},
                    Dropout{0.2}, Dense{128, {.activation = "gelu"}}, LayerNormalization{}, Dense{10}};
}

struct StopAfter : Callback {
  explicit StopAfter(Index steps) : steps_(steps) {}
  void on_step_end(TrainingState& state) override { state.stop = state.total_steps == steps_; }
  void on_epoch_end(TrainingState& state) override { ++epochs, last_step = state.step; }
  int epochs = 0;
  Index last_step = 0;

 private:
  Index steps_;
};

}  // namespace

TEST_CASE("the same seed gives the same bits for 1, 2 and 4 threads: losses, weights and the saved file") {
  const Dataset train = load_digits_sample().train.take(0, 640);
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "model.safetensors";
  std::string first_file;
  std::vector<double> first_losses;
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    set_seed(11);
    Sequential model = digit_model();
    Adam optimizer;
    const History history =
        fit(model, optimizer, train, {.epochs = 2, .batch_size = 64, .validation = &train, .show_progress = false});
    save_model(model, path);
    std::vector<double> losses = history.column("loss");
    const std::vector<double> validation = history.column("validation_loss");
    losses.insert(losses.end(), validation.begin(), validation.end());
    if (count == 1) {
      first_file = file_text(path);
      first_losses = losses;
      CHECK(first_file.size() > 900'000);
    }
    CHECK(losses == first_losses);
    CHECK((file_text(path) == first_file));
  }
  set_threads(2);
}

TEST_CASE("another seed gives other weights") {
  const Dataset data = two_clouds(64);
  std::vector<double> losses;
  for (const std::uint64_t seed : {1U, 2U}) {
    set_seed(seed);
    Sequential model{Input{{2}}, Dense{2}};
    SGD optimizer;
    losses.push_back(fit(model, optimizer, data, {.batch_size = 8, .show_progress = false}).last("loss"));
  }
  CHECK(losses[0] != losses[1]);
}

#ifndef __SANITIZE_ADDRESS__  // under which the pool keeps nothing, so that late accesses are seen
TEST_CASE("a training step of a built model allocates nothing") {
  const Dataset train = load_digits_sample().train.take(0, 640);
  Sequential model = digit_model();
  Adam optimizer;
  DataLoader loader(train, {.batch_size = 64, .shuffle = true});
  std::int64_t before = 0;
  for (int epoch = 0; epoch < 3; ++epoch) {
    if (epoch == 2) before = heap_allocations();
    for (const auto& [inputs, labels] : loader) {
      GradientTape tape;
      tape.backward(softmax_cross_entropy(model(inputs, Mode::training), labels));
      clip_by_global_norm(model.parameters(), 5);
      optimizer.step(model.parameters());
    }
  }
  CHECK(heap_allocations() - before == 0);
}
#endif

TEST_CASE("fit learns, and tells what it measured") {
  set_seed(1);
  const Dataset data = two_clouds(200);
  Sequential model{Input{{2}}, Dense{8, {.activation = "relu"}}, Dense{2}};
  SGD optimizer{{.learning_rate = 0.1}};
  const History history =
      fit(model, optimizer, data, {.epochs = 5, .batch_size = 30, .validation = &data, .show_progress = false});
  CHECK(history.columns() == std::vector<std::string>{"epoch", "loss", "accuracy", "validation_loss",
                                                      "validation_accuracy", "learning_rate", "seconds"});
  CHECK(history.size() == 5);
  CHECK(history.best("validation_accuracy") > 0.95);
  CHECK(history.best("loss") == history.last("loss"));
  CHECK(evaluate(model, data).loss == history.last("validation_loss"));
  CHECK(error_text<ValueError>([&] {
          history.best("validation_acuracy");
        }).starts_with("[history] unknown column 'validation_acuracy', did you mean 'validation_accuracy'?"));

  const Tensor outputs = predict(model, data, 64);
  CHECK(outputs.shape() == Shape{200, 2});
}

TEST_CASE("regression") {
  set_seed(1);
  Tensor x = Tensor::uniform({256, 1}, -1, 1);
  Tensor y = Tensor::empty({256, 1});
  for (Index i = 0; i < 256; ++i) y.data()[i] = 3 * x.data()[i] - 1;
  const Dataset data(x, y);
  Sequential model{Input{{1}}, Dense{1}};
  SGD optimizer{{.learning_rate = 0.2}};
  const History history = fit(model, optimizer, data, {.epochs = 30, .batch_size = 32, .show_progress = false});
  CHECK(history.columns() ==
        std::vector<std::string>{"epoch", "loss", "mean_absolute_error", "learning_rate", "seconds"});
  CHECK(history.last("loss") < 1e-6);
  CHECK(model.parameters()["dense.kernel"].value().item() == doctest::Approx(3).epsilon(1e-3));
  CHECK(model.parameters()["dense.bias"].value().item() == doctest::Approx(-1).epsilon(1e-3));
}

TEST_CASE("the epoch's numbers count the last short batch, and a callback ends the run") {
  set_seed(1);
  const Dataset data = two_clouds(50);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer{{.learning_rate = 1e-12}};  // so that the loss of an epoch is that of the initial weights
  const double expected = evaluate(model, data, {.batch_size = 7}).loss;
  CHECK(fit(model, optimizer, data, {.batch_size = 16, .show_progress = false}).last("loss") ==
        doctest::Approx(expected).epsilon(1e-5));

  StopAfter stop(6);
  fit(model, optimizer, data, {.epochs = 10, .batch_size = 16, .show_progress = false, .callbacks = {&stop}});
  CHECK(stop.epochs == 2);
  CHECK(stop.last_step == 2);

  CHECK(optimizer.steps() == 4 + 6);
  fit(model, optimizer, data, {.batch_size = 16, .drop_last = true, .show_progress = false});
  CHECK(optimizer.steps() == 4 + 6 + 3);
}

TEST_CASE("a loss that is not finite ends training with the step and the layer") {
  set_seed(1);
  const Dataset data = two_clouds(64);
  {
    Sequential model{Input{{2}}, Dense{4}, Activation{"relu"}, Dense{2}};
    model.parameters()["dense_1.kernel"].value().fill(3e38F);
    model.parameters()["dense_1.kernel"].value().data()[0] = -3e38F;
    model.parameters()["dense.bias"].value().fill(100);
    SGD optimizer;
    CHECK(error_text<NonFiniteError>([&] { fit(model, optimizer, data, {.batch_size = 64, .show_progress = false}); })
              .find("in epoch 1, step 1; the first layer whose output is not finite is dense_1, in linear, rows 0, 1, "
                    "2, 3, "
                    "4, ... of 64; try a lower learning rate (now 0.01), scaled inputs or clipped gradients") !=
          std::string::npos);
  }
  {
    Sequential model{Input{{2}}, Dense{2}};
    model.parameters()["dense.kernel"].value().fill(std::numeric_limits<Real>::quiet_NaN());
    SGD optimizer;
    CHECK(
        error_text<NonFiniteError>([&] { fit(model, optimizer, data, {.batch_size = 64, .show_progress = false}); }) ==
        "[fit] expected a finite loss, got nan in epoch 1, step 1; the weights dense.kernel are not finite; try a "
        "lower "
        "learning rate (now 0.01), scaled inputs or clipped gradients");
  }
}

TEST_CASE("errors of fit") {
  const Dataset data = two_clouds(50);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  const auto text = [&](const FitOptions& options) {
    return error_text<Error>([&] { fit(model, optimizer, data, options); });
  };
  CHECK(text({.epochs = 0}) == "[fit] expected at least 1 epoch, got 0");
  CHECK(text({.batch_size = 0}) == "[data_loader] expected a batch size of at least 1, got 0");
  CHECK(text({.batch_size = -1}) == "[data_loader] expected a batch size of at least 1, got -1");
  CHECK(error_text<ValueError>([] {
          const FitOptions options{.loss = "cross_entropy"};
        }).starts_with("[loss] unknown loss 'cross_entropy', did you mean 'softmax_cross_entropy'?"));
  Sequential images{Input{{784}}, Dense{2}};
  CHECK(error_text<ShapeError>([&] { fit(images, optimizer, data); }) ==
        "[fit] expected samples of shape (784,), for which the model was built, got (2,); give the data another shape "
        "with "
        "train.with_shape, or the model another Input");
}

TEST_CASE("fit ends after a number of steps, whatever the epochs") {
  const Dataset data = two_clouds(50);
  struct Count : Callback {
    void on_step_end(TrainingState& state) override { last = {state.epoch, state.step, state.total_steps}; }
    void on_epoch_end(TrainingState&) override { ++epochs; }
    std::vector<Index> last;
    int epochs = 0;
  };
  const auto run = [&](FitOptions options) {
    Count count;
    Sequential model{Input{{2}}, Dense{2}};
    SGD optimizer;
    options.batch_size = 8;
    options.show_progress = false;
    options.callbacks = {&count};
    fit(model, optimizer, data, options);
    CHECK(optimizer.steps() == count.last[2]);
    count.last.push_back(count.epochs);
    return count.last;
  };
  using Expected = std::vector<Index>;  // epoch, step, total steps, epochs ended
  CHECK(run({.steps = 3}) == Expected{1, 3, 3, 1});
  CHECK(run({.epochs = 1, .steps = 7}) == Expected{1, 7, 7, 1});
  CHECK(run({.epochs = 1, .steps = 16}) == Expected{3, 2, 16, 3});
  CHECK(run({.epochs = 9, .steps = 8}) == Expected{2, 1, 8, 2});
  CHECK(run({.epochs = 2}) == Expected{2, 7, 14, 2});
  CHECK(run({.steps = 3, .gradient_accumulation_steps = 2}) == Expected{1, 3, 3, 1});
  CHECK(error_text<ValueError>([&] { run({.steps = -1}); }) ==
        "[fit] expected at least 1 step, or 0 for whole epochs, got -1");
}

TEST_CASE("more steps than epochs can be counted go on until a callback stops") {
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  for (const Index steps : {Index{300'000'000'000}, std::numeric_limits<Index>::max()}) {
    StopAfter stop(5);
    fit(model, optimizer, two_clouds(8),
        {.steps = steps, .batch_size = 4, .show_progress = false, .callbacks = {&stop}});
    CHECK(stop.epochs == 3);
  }
  CHECK(optimizer.steps() == 2 * 5);
}

TEST_CASE("gradients can be clipped between backward and the step") {
  const Dataset data = two_clouds(64);
  struct Clip : Callback {
    void on_gradients(TrainingState& state) override {
      clip_by_global_norm(state.model.parameters(), 1e-3);
      before = state.model.parameters()["dense.kernel"].value().clone();
    }
    void on_step_end(TrainingState& state) override {
      const Parameter& kernel = state.model.parameters()["dense.kernel"];
      const Tensor expected = (Variable(before) - Variable(kernel.gradient()) * Real(0.5)).value();
      CHECK(difference(kernel.value(), expected, {0, 1e-7}) == "");
      norms.push_back(clip_by_global_norm(state.model.parameters(), 1e3));
    }
    Tensor before;
    std::vector<double> norms;
  } clip;
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer{{.learning_rate = 0.5}};
  fit(model, optimizer, data, {.batch_size = 16, .show_progress = false, .callbacks = {&clip}});
  CHECK(clip.norms.size() == 4);
  for (const double norm : clip.norms) CHECK(norm == doctest::Approx(1e-3).epsilon(1e-5));
}

TEST_CASE("callbacks that began are told of the end, whatever ended training") {
  const Dataset data = two_clouds(16);
  struct Told : Callback {
    explicit Told(bool t) : throws(t) {}
    void on_train_begin(TrainingState&) override {
      if (throws) throw StateError("not today");
      ++begun;
    }
    void on_train_end(TrainingState&) override { ++ended; }
    bool throws;
    int begun = 0, ended = 0;
  };
  struct Fails : Callback {
    void on_step_end(TrainingState&) override { throw StateError("failed"); }
  } fails;
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  Told first(false), second(false), refuses(true), last(false);
  CHECK(
      error_text<StateError>([&] {
        fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&first, &fails, &second}});
      }) == "failed");
  CHECK((first.begun == 1 && first.ended == 1 && second.begun == 1 && second.ended == 1));
  CHECK(
      error_text<StateError>([&] {
        fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&first, &refuses, &last}});
      }) == "not today");
  CHECK((first.begun == 2 && first.ended == 2 && refuses.ended == 0 && last.begun == 0 && last.ended == 0));
}

TEST_CASE("a history has the same columns in every row") {
  History history;
  history.append({{"epoch", 1}, {"loss", 2}});
  CHECK(error_text<ValueError>([&] {
          history.append({{"epoch", 2}});
        }).starts_with("[history] expected the columns of the first row (2 of them), got "));
}
