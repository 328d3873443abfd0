#include "support/captured_output.h"
#include "support/compare.h"
#include "support/temporary_folder.h"
#include "support/two_clouds.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

using namespace gradus;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Sequential small_model() {
  return Sequential{Input{{2}}, Dense{4}, BatchNormalization{}, Activation{"relu"}, Dense{2}};
}

/// All weights and buffers of a model, end to end.
std::vector<Real> state_of(Layer& model) {
  std::vector<Real> all;
  for (const NamedTensor& parameter : model.state()) {
    all.insert(all.end(), parameter.value().values().begin(), parameter.value().values().end());
  }
  return all;
}

/// Puts given numbers in the place of the validation loss and of the training accuracy.
struct Script : Callback {
  explicit Script(std::vector<double> values) : numbers(std::move(values)) {}
  void on_train_begin(TrainingState& state) override { state.validation = Metrics{}; }
  void on_epoch_end(TrainingState& state) override {
    state.validation->loss = state.training.values[0].value = numbers[static_cast<std::size_t>(state.epoch - 1)];
    states.push_back(state_of(state.model));
  }
  std::vector<double> numbers;
  std::vector<std::vector<Real>> states;  // by epoch
};

/// How many epochs a callback lets pass with these numbers.
int epochs_with(Callback& callback, const std::vector<double>& numbers) {
  Sequential model = small_model();
  SGD optimizer;
  Script script(numbers);
  return static_cast<int>(fit(model, optimizer, two_clouds(8),
                              {.epochs = static_cast<int>(numbers.size()),
                               .batch_size = 8,
                               .show_progress = false,
                               .callbacks = {&script, &callback}})
                              .size());
}

/// The learning rate after every epoch with these validation losses, from 1 on.
std::vector<double> rates_with(const ReduceLearningRateOnPlateauOptions& options, const std::vector<double>& losses) {
  Sequential model = small_model();
  SGD optimizer{{.learning_rate = 1}};
  ReduceLearningRateOnPlateau callback(options);
  TrainingState state{.model = model,
                      .optimizer = optimizer,
                      .classes = 2,
                      .training = {.values = {{"accuracy", 0, Better::higher}}},
                      .validation = Metrics{}};
  callback.on_train_begin(state);
  std::vector<double> rates;
  for (const double loss : losses) {
    state.validation->loss = state.training.values[0].value = loss;
    callback.on_epoch_end(state);
    rates.push_back(std::round(optimizer.learning_rate() * 1e6) / 1e6);
  }
  return rates;
}

/// What `fit` without validation data says to a callback.
std::string error_of_fit(Callback& callback) {
  return error_text<ValueError>([&] {
    Sequential model = small_model();
    SGD optimizer;
    fit(model, optimizer, two_clouds(8), {.batch_size = 8, .show_progress = false, .callbacks = {&callback}});
  });
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("early stopping waits for its patience") {
  const auto epochs = [](const EarlyStoppingOptions& options, const std::vector<double>& numbers) {
    EarlyStopping callback(options);
    return epochs_with(callback, numbers);
  };
  const std::vector<double> losses{1, 0.9, 0.95, 0.9, 0.9, 0.9, 0.9};
  CHECK(epochs({}, losses) == 3);
  CHECK(epochs({.patience = 1}, losses) == 3);
  CHECK(epochs({.patience = 2}, losses) == 4);
  CHECK(epochs({.patience = 4}, losses) == 6);
  CHECK(epochs({.patience = 6}, losses) == 7);
  CHECK(epochs({.patience = 2}, {1, 1, 0.9, 1, 0.8, 1, 1, 1}) == 7);  // an improvement begins the count anew
  // An improvement is larger than min_delta, measured from the best; small steps add up.
  CHECK(epochs({.patience = 2, .min_delta = 0.25}, {1, 0.75, 0.75, 0, 0}) == 3);
  CHECK(epochs({.patience = 2, .min_delta = 0.25}, {1, 0.875, 0.625, 0.5, 0.25, 0.25, 0.25}) == 7);
  CHECK(epochs({.monitor = "accuracy"}, {0.5, 0.75, 0.875, 0.875, 1}) == 4);
  CHECK(epochs({.monitor = "accuracy", .min_delta = 0.25}, {0.5, 0.8125, 0.9375, 1}) == 3);
  CHECK(epochs({.patience = 2}, {1, not_a_number, not_a_number, 1}) == 3);  // NaN is not an improvement
  CHECK(epochs({.patience = 2}, {not_a_number, 1, not_a_number, 0.5, not_a_number, not_a_number, 1}) == 6);
}

TEST_CASE("early stopping restores weights and moving statistics of the best epoch, whatever ended training") {
  for (const int patience : {1, 2, 100}) {
    for (const bool restore : {true, false}) {
      CAPTURE(patience);
      set_seed(1);
      Sequential model = small_model();
      Adam optimizer;
      Script script({3, 1, 2, 2.5, 2.75});
      EarlyStopping callback({.patience = patience, .restore_best_weights = restore});
      const History history =
          fit(model, optimizer, two_clouds(32),
              {.epochs = 5, .batch_size = 8, .show_progress = false, .callbacks = {&script, &callback}});
      CHECK(history.size() == static_cast<std::size_t>(patience == 100 ? 5 : 2 + patience));
      CHECK(callback.best_epoch() == 2);
      CHECK(callback.best() == 1);
      CHECK((state_of(model) == script.states[1]) == restore);
      CHECK((state_of(model) == script.states.back()) == !restore);
    }
  }
}

TEST_CASE("early stopping starts anew with every fit, and restores nothing where nothing was best") {
  Sequential model = small_model();
  SGD optimizer;
  EarlyStopping callback;
  for (const std::vector<double>& losses : {std::vector<double>{1, 2, 3}, std::vector<double>{5, 4, 4}}) {
    Script script(losses);
    const FitOptions options{.epochs = 3, .batch_size = 8, .show_progress = false, .callbacks = {&script, &callback}};
    fit(model, optimizer, two_clouds(8), options);
    CHECK(callback.best() == (losses[0] == 1 ? 1 : 4));
  }
  Script script({not_a_number, not_a_number});
  fit(model, optimizer, two_clouds(8),
      {.epochs = 2, .batch_size = 8, .show_progress = false, .callbacks = {&script, &callback}});
  CHECK(callback.best_epoch() == 0);
  CHECK(callback.best() == 0);
  CHECK(state_of(model) == script.states.back());
}

TEST_CASE("the learning rate falls on a plateau") {
  using Rates = std::vector<double>;
  // 0.875 is not below 1 - 0.125, 0.75 is.
  CHECK(rates_with({.factor = 0.5, .patience = 2, .min_delta = 0.125},
                   {1, 0.9375, 0.875, 0.75, 0.7, 0.5, 0.6, 0.6, 0.6, 0.6}) ==
        Rates{1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125});
  // Two epochs of cooldown begin with the reduction's next epoch, and the last of them counts again.
  CHECK(rates_with({.factor = 0.5, .patience = 1, .min_delta = 0, .cooldown = 2}, {1, 2, 2, 2, 2, 2, 2}) ==
        Rates{1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125});
  CHECK(rates_with({.factor = 0.5, .patience = 2, .min_delta = 0, .cooldown = 2}, {1, 2, 2, 2, 2, 2, 2, 2}) ==
        Rates{1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25});
  // What is best in a cooldown is best.
  CHECK(rates_with({.factor = 0.5, .patience = 1, .min_delta = 0, .cooldown = 2}, {1, 2, 0.5, 0.75, 0.25}) ==
        Rates{1, 0.5, 0.5, 0.25, 0.25});
  CHECK(rates_with({.patience = 1, .min_learning_rate = 0.05}, {1, 1, 1, 1}) == Rates{1, 0.1, 0.05, 0.05});
  CHECK(rates_with({.patience = 0}, {1, 1, 1}) == Rates{1, 0.1, 0.01});
  CHECK(rates_with({.monitor = "accuracy", .factor = 0.5, .patience = 1}, {0.5, 0.75, 0.75, 0.875}) ==
        Rates{1, 1, 0.5, 0.5});
  // The defaults: ten epochs without an improvement of more than 1e-4.
  std::vector<double> losses{1};
  for (int i = 0; i < 11; ++i) losses.push_back(1 - 5e-5);
  const Rates rates = rates_with({}, losses);
  CHECK(rates[9] == 1);
  CHECK(rates[10] == 0.1);
  CHECK(rates[11] == 0.1);
}

TEST_CASE("a schedule sets the rate of every step, also of the first and of accumulated gradients") {
  const Schedule schedule("0.1 / (step + 1)", [](std::int64_t step) { return 0.1 / static_cast<double>(step + 1); });
  LearningRateScheduler scheduler(schedule);
  struct Rates : Callback {
    void on_step_end(TrainingState& state) override { rates.push_back(state.learning_rate); }
    std::vector<double> rates;
  } seen;
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  const auto fit_once = [&](FitOptions options) {
    options.show_progress = false;
    options.callbacks = {&scheduler, &seen};
    return fit(model, optimizer, two_clouds(8), options);
  };
  const History history = fit_once({.epochs = 2, .batch_size = 4});
  CHECK(history.column("learning_rate") == std::vector<double>{0.1 / 2, 0.1 / 4});
  fit_once({.batch_size = 2, .gradient_accumulation_steps = 2});  // goes on at step 4
  CHECK(seen.rates == std::vector<double>{0.1, 0.1 / 2, 0.1 / 3, 0.1 / 4, 0.1 / 5, 0.1 / 6});
  // The first step already moves at the schedule's rate.
  const Tensor before = model.parameters()["dense.kernel"].value().clone();
  LearningRateScheduler resting(Schedule("0", [](std::int64_t) { return 0.0; }));
  fit(model, optimizer, two_clouds(8), {.batch_size = 4, .show_progress = false, .callbacks = {&resting}});
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), before));
}

TEST_CASE("checkpoints of every epoch or of the best") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& name, const ModelCheckpointOptions& options) {
    Sequential model = small_model();
    Adam optimizer;
    Script script({3, 1, 2, 0.5});
    ModelCheckpoint callback((folder / name).string(), options);
    fit(model, optimizer, two_clouds(32),
        {.epochs = 4, .batch_size = 8, .show_progress = false, .callbacks = {&script, &callback}});
    return script.states;
  };
  const auto loaded = [&](const std::string& name) {
    Sequential model = load_model(folder / name);
    return state_of(model);
  };
  const auto states = run("all-{epoch}.safetensors", {});
  for (std::size_t epoch = 1; epoch <= 4; ++epoch) {
    CHECK(loaded(fmt::format("all-{}.safetensors", epoch)) == states[epoch - 1]);
  }
  const auto best_states = run("best-{epoch:03}.safetensors", {.save_best_only = true});
  CHECK(loaded("best-001.safetensors") == best_states[0]);
  CHECK(loaded("best-002.safetensors") == best_states[1]);
  CHECK(loaded("best-004.safetensors") == best_states[3]);
  CHECK(!std::filesystem::exists(folder / "best-003.safetensors"));
  const auto last_states = run("last.safetensors", {});
  CHECK(loaded("last.safetensors") == last_states.back());
  CHECK(loaded("last.safetensors") != run("new/{epoch}/model.safetensors", {})[0]);
  for (const int epoch : {1, 2, 4}) {
    CHECK(std::filesystem::exists(folder / fmt::format("new/{}/model.safetensors", epoch)));
  }
}

TEST_CASE("what will be written is tried before training") {
  const TemporaryFolder folder;
  const auto file = folder / "file", link = folder / "link", own = folder / "folder";
  std::ofstream(file) << "text";
  std::filesystem::create_symlink(file, link);
  std::filesystem::create_directory(own);
  const auto error = [&](CallbackPointer callback) {
    Sequential model = small_model();
    SGD optimizer;
    const std::string text = error_text<FileError>([&] {
      fit(model, optimizer, two_clouds(8), {.batch_size = 8, .show_progress = false, .callbacks = {callback}});
    });
    CHECK((optimizer.steps() == 0) == (text != "no error"));
    return text;
  };
  using Text = std::string;
  for (const auto& path : {file / "a/b", link, own, std::filesystem::path("/proc/a/b")}) {
    CAPTURE(path);
    CHECK(error(ModelCheckpoint{path}).starts_with(path.string() + ": expected "));
    CHECK(error(StopOnInterrupt{path}).starts_with(path.string() + ": expected "));
    if (path == link) continue;  // a log may go through a link
    CHECK(error(CsvLogger{path}).starts_with(path.string() + ": expected "));
    CHECK(error(JsonlLogger{path}).starts_with(path.string() + ": expected "));
  }
  CHECK(error(ModelCheckpoint{file / "a/b"}) == Text(file / "a/b") + ": expected a folder '" + Text(file / "a") +
                                                    "' or to make it, got 'Not a directory'; choose another path");
  CHECK(error(JsonlLogger{own}) == own.string() + ": expected a file that can be written, got: Is a directory");
  CHECK(error(JsonlLogger{"/dev/full"}) == "/dev/full: expected to write a line, got: No space left on device");
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error(JsonlLogger{pipe}) ==
        pipe.string() + ": expected a file that can be written, got: No such device or address");
  CHECK(file_text(file) == "text");
  CHECK(std::filesystem::is_empty(own));
  for (const char* made : {"x/y/log.csv", "x/y/log.jsonl", "z/stop.safetensors"}) {
    const auto path = folder / made;
    CHECK(error(path.extension() == ".csv"     ? CallbackPointer(CsvLogger{path})
                : path.extension() == ".jsonl" ? CallbackPointer(JsonlLogger{path})
                                               : CallbackPointer(StopOnInterrupt{path})) == "no error");
    CHECK(std::filesystem::is_directory(path.parent_path()));
  }
  CHECK(std::filesystem::is_empty(folder / "z"));  // not interrupted, and no temporary file is left
}

TEST_CASE("logs have every epoch at once, and go on after those of an earlier run") {
  const TemporaryFolder folder;
  const auto csv = folder / "log.csv";
  const auto jsonl = folder / "log.jsonl";
  const Dataset data = two_clouds(32);
  /// Reads what the others have written so far, and fails after so many epochs.
  struct Reader : Callback {
    Reader(std::filesystem::path c, std::filesystem::path j, int n, bool append)
        : csv_path(std::move(c)), jsonl_path(std::move(j)), fails_after(n), appends(append) {}
    void on_step_end(TrainingState& state) override {
      if (state.epoch == 2 && state.step == 4) loss = state.batch_loss;
    }
    void on_train_begin(TrainingState&) override {
      if (appends) before = lines_of(file_text(csv_path)).size();
    }
    void on_epoch_end(TrainingState& state) override {
      const auto epochs = static_cast<std::size_t>(state.epoch);
      CHECK(lines_of(file_text(csv_path)).size() == before + epochs);
      CHECK(lines_of(file_text(jsonl_path)).size() % 3 == 0);
      if (state.epoch == fails_after) throw StateError("killed");
    }
    std::filesystem::path csv_path, jsonl_path;
    int fails_after;
    bool appends;
    std::size_t before = 1;  // the heading
    double loss = 0;
  };
  double batch_loss = 0;
  const auto run = [&](bool append, int fails_after) {
    Sequential model = small_model();
    SGD optimizer;
    CsvLogger csv_logger(csv, {.append = append});
    JsonlLogger jsonl_logger(jsonl, {.append = append, .every = 2});
    Reader reader(csv, jsonl, fails_after, append);
    const History history = fit(model, optimizer, data,
                                {.epochs = 3,
                                 .batch_size = 8,
                                 .validation = &data,
                                 .show_progress = false,
                                 .callbacks = {&csv_logger, &jsonl_logger, &reader}});
    batch_loss = reader.loss;
    return history;
  };
  const History history = run(false, 0);
  write_csv(history, folder / "history.csv");
  CHECK(file_text(csv) == file_text(folder / "history.csv"));
  const std::vector<std::string> lines = lines_of(file_text(jsonl));
  REQUIRE(lines.size() == 9);  // of steps 2 and 4 and of the epoch, three times
  const nlohmann::json step = nlohmann::json::parse(lines[4]);
  CHECK(lines[4].starts_with(R"({"epoch":2,"step":4,"batch_loss":)"));
  CHECK(step["batch_loss"] == batch_loss);
  CHECK(step["learning_rate"] == 0.01);
  const nlohmann::json epoch = nlohmann::json::parse(lines[5]);
  CHECK(lines[5].starts_with(R"({"epoch":2,"loss":)"));
  for (const std::string& column : history.columns()) CHECK(epoch[column] == history.column(column)[1]);

  CHECK(error_text<StateError>([&] { run(true, 2); }) == "killed");
  const std::vector<std::string> rows = lines_of(file_text(csv));
  REQUIRE(rows.size() == 1 + 3 + 2);
  CHECK(rows[0] == "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds");
  CHECK(rows[4].starts_with("1,"));
  CHECK(lines_of(file_text(jsonl)).size() == 9 + 6);
  run(false, 0);  // begins anew
  CHECK(lines_of(file_text(csv)).size() == 4);
  CHECK(lines_of(file_text(jsonl)).size() == 9);

  // Errors.
  Sequential model = small_model();
  SGD optimizer;
  CsvLogger other(csv, {.append = true});
  CHECK(error_text<FileError>([&] {
          fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&other}});
        }) == csv.string() +
                  ": expected the columns epoch,loss,accuracy,learning_rate,seconds, found "
                  "epoch,loss,accuracy,validation_loss,validation_accuracy,learning_rate,seconds; append to "
                  "another file");
  CHECK(lines_of(file_text(csv)).size() == 4);
  CsvLogger full("/dev/full");
  CHECK(error_text<FileError>([&] {
          fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&full}});
        }) == "/dev/full: expected to write a line, got: No space left on device");
  CHECK(error_text<ValueError>([&] { JsonlLogger(jsonl, {.every = -1}); }) ==
        "[jsonl_logger] expected a line every 1 or more steps, or 0 for none, got -1");
}

TEST_CASE("a JSON line has null for what is not a number") {
  const TemporaryFolder folder;
  JsonlLogger logger(folder / "log.jsonl");
  CHECK(epochs_with(logger, {not_a_number}) == 1);
  const nlohmann::json line = nlohmann::json::parse(file_text(folder / "log.jsonl"));
  CHECK(line["validation_loss"].is_null());
}

TEST_CASE("the progress of classes and of regression") {
  Sequential model = small_model();
  SGD optimizer;
  TrainingState state{.model = model,
                      .optimizer = optimizer,
                      .classes = 2,
                      .epoch = 3,
                      .epochs = 10,
                      .training = {.loss = 0.5, .values = {{"accuracy", 0.875}}},
                      .epoch_seconds = 1.5};
  ProgressBar bar;
  const auto line = [&] { return captured_output([&] { bar.on_epoch_end(state); }); };
  const auto without_codes = [](std::string text) {
    const std::string code = "\r\033[K";  // if the test runs on a terminal
    return text.starts_with(code) ? text.substr(code.size()) : text;
  };
  CHECK(without_codes(line()) == "epoch  3/10  1.50 s  loss 0.5000  accuracy 0.8750\n");
  state.validation = Metrics{.loss = 0.625, .values = {{"accuracy", 0.75}}};
  CHECK(without_codes(line()) == "epoch  3/10  1.50 s  loss 0.5000  accuracy 0.8750 | val 0.6250  0.7500\n");
  state.validation->loss = not_a_number;  // interrupted
  CHECK(without_codes(line()) == "epoch  3/10  1.50 s  loss 0.5000  accuracy 0.8750\n");
  state.training = {.loss = 0.5, .values = {{"mean_absolute_error", 0.375}, {"own", 1e5}}};
  state.validation = Metrics{.loss = 2013907683733585788928.0, .values = {{"mean_absolute_error", 0.25}, {"own", 1}}};
  CHECK(without_codes(line()) ==
        "epoch  3/10  1.50 s  loss 0.5000  mean absolute error 0.3750  own 1e+05 | val 2.014e+21  0.2500  1.0000\n");
}

TEST_CASE("the line of a running epoch fits into the terminal") {
  Sequential model = small_model();
  SGD optimizer;
  TrainingState state{.model = model,
                      .optimizer = optimizer,
                      .epoch = 3,
                      .epochs = 10,
                      .step = 5,
                      .steps = 20,
                      .total_steps = 45,
                      .last_step = 200,
                      .training = {.loss = 2013907683733585788928.0, .values = {{"accuracy", 0.875}, {"own", -1}}},
                      .seconds = 45};
  const auto line = [&](std::size_t columns, const std::string& label = "") {
    return progress_line(state, label, columns);
  };
  CHECK(line(84) == "epoch 3/10  step 5/20  loss 2.014e+21  accuracy 0.8750  own -1.0000");
  CHECK(line(85) == "epoch 3/10  step 5/20  loss 2.014e+21  accuracy 0.8750  own -1.0000  2 min 35 s left");
  CHECK(line(40) == "epoch 3/10  step 5/20  loss 2.014e+21");
  CHECK(line(20) == "epoch 3/10");
  CHECK(line(5) == "epoc");
  for (std::size_t columns = 1; columns < 120; ++columns) CHECK(line(columns, "batch  ").size() < columns);
}

TEST_CASE("errors of callbacks") {
  EarlyStopping stopping;
  CHECK(error_of_fit(stopping) ==
        "[fit] expected validation data for 'validation_loss', got none; give .validation or .validation_split");
  EarlyStopping misspelt({.monitor = "acuracy"});
  CHECK(error_of_fit(misspelt) ==
        "[fit] unknown number 'acuracy', did you mean 'accuracy'? (known: epoch, loss, accuracy, learning_rate, "
        "seconds)");
  ReduceLearningRateOnPlateau plateau;
  CHECK(error_of_fit(plateau).starts_with("[fit] expected validation data for 'validation_loss'"));
  ModelCheckpoint best("never", {.save_best_only = true});
  CHECK(error_of_fit(best).starts_with("[fit] expected validation data for 'validation_loss'"));

  const auto stop = [](const EarlyStoppingOptions& options) {
    return error_text<ValueError>([&] { EarlyStopping{options}; });
  };
  CHECK(stop({.patience = -1}) == "[early_stopping] expected a patience of at least 0 epochs, got -1");
  CHECK(stop({.min_delta = -0.5}) == "[early_stopping] expected a finite min_delta, at least 0, got -0.5");
  CHECK(stop({.min_delta = not_a_number}) == "[early_stopping] expected a finite min_delta, at least 0, got nan");
  const auto reduce = [](const ReduceLearningRateOnPlateauOptions& options) {
    return error_text<ValueError>([&] { ReduceLearningRateOnPlateau{options}; });
  };
  const std::string place = "[reduce_learning_rate_on_plateau] ";
  CHECK(reduce({.factor = 1}) == place + "expected a factor above 0 and below 1, got 1");
  CHECK(reduce({.factor = 0}) == place + "expected a factor above 0 and below 1, got 0");
  CHECK(reduce({.factor = not_a_number}) == place + "expected a factor above 0 and below 1, got nan");
  CHECK(reduce({.patience = -1}) == place + "expected a patience of at least 0 epochs, got -1");
  CHECK(reduce({.min_delta = -1}) == place + "expected a finite min_delta, at least 0, got -1");
  CHECK(reduce({.cooldown = -1}) == place + "expected a cooldown of at least 0 epochs, got -1");
  CHECK(reduce({.min_learning_rate = -1}) == place + "expected a min_learning_rate of at least 0, got -1");
  for (const std::string path : {"a-{step}", "a-{", "a-{epoch:x y}"}) {
    CHECK(error_text<ValueError>([&] { ModelCheckpoint{path}; }) ==
          "[model_checkpoint] expected a path with no braces but {epoch} or {epoch:03}, got " + path);
  }
}

TEST_CASE("functions as callbacks") {
  std::string calls;
  const auto add = [&](const char* name) {
    return [&calls, name](auto& state) { calls += fmt::format("{} {} {}, ", name, state.epoch, state.step); };
  };
  Sequential model = small_model();
  SGD optimizer;
  fit(model, optimizer, two_clouds(8),
      {.batch_size = 8,
       .show_progress = false,
       .callbacks = {on_train_begin(add("begin")), on_batch_begin(add("batch")), on_loss(add("loss")),
                     on_gradients(add("gradients")), on_step_end(add("step")), on_epoch_end(add("epoch")),
                     on_train_end(add("end")), LambdaCallback{{.on_loss = add("own"), .on_train_end = add("own")}}}});
  CHECK(calls == "begin 0 0, batch 1 1, loss 1 1, own 1 1, gradients 1 1, step 1 1, epoch 1 1, end 1 1, own 1 1, ");
}

TEST_CASE("duration: in two units at most") {
  CHECK_EQ(duration(0.4), "0 s");
  CHECK_EQ(duration(59.4), "59 s");
  CHECK_EQ(duration(59.6), "1 min 00 s");
  CHECK_EQ(duration(185), "3 min 05 s");
  CHECK_EQ(duration(2 * 3600 + 7 * 60 + 59), "2 h 07 min");
}
