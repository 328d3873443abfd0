// Trainings that were cut, by an interruption or an exception, and went on from a checkpoint in new objects.
#include "support/captured_output.h"
#include "support/compare.h"
#include "support/sanitized.h"
#include "support/temporary_folder.h"
#include "support/two_clouds.h"

#include <gradus/files/training_state.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <regex>
#include <vector>

using namespace gradus;

namespace {

namespace fs = std::filesystem;

/// The state of a training as texts, without times.
class Snapshot : public Archive {
 public:
  bool restoring() const override { return false; }
  std::map<std::string, std::string> all;

 private:
  void visit_tensor(const std::string& name, Tensor& value) override {
    const auto bytes = std::as_bytes(std::span(value.values()));
    all[name] = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void visit_text(const std::string& name, std::string& text) override {
    if (name.ends_with("seconds") || name.starts_with("history.epoch_") || name.ends_with("file.size")) return;
    all[name] = text;
  }
};

/// Ends training after a step as Ctrl-C does, or by an exception, and keeps the state at the end of training.
struct Cut : Callback {
  Cut(Index step, bool by_exception) : at(step), throws(by_exception) {}
  void on_step_end(TrainingState& state) override {
    if (state.total_steps != at) return;
    if (throws) throw std::runtime_error("cut");
    state.stop = state.interrupted = true;
  }
  void on_train_end(TrainingState& state) override {
    if (state.interrupted) return;
    Snapshot snapshot;
    state.visit_state(snapshot);
    end = snapshot.all;
  }
  Index at;
  bool throws;
  std::map<std::string, std::string> end;
};

struct SetUp {
  std::string optimizer = "adam";
  bool pipeline = false;
  Index accumulation = 1;
  bool validation = true;
  bool freezing = false;
  bool rising = false;   // the validation loss, so that early stopping ends training
  bool resumes = false;  // what a checkpoint restores is different before: the seed, a multiplier
  int epochs = 3;
  Index steps = 0;
};

std::unique_ptr<Optimizer> make(const std::string& name) {
  if (name == "sgd") return std::make_unique<SGD>(SGDOptions{.learning_rate = 0.05, .momentum = 0.9});
  if (name == "nadam") return std::make_unique<NAdam>(0.01);
  if (name == "rmsprop")
    return std::make_unique<RMSprop>(RMSpropOptions{.learning_rate = 0.01, .momentum = 0.5, .centered = true});
  if (name == "adagrad") return std::make_unique<Adagrad>(0.05);
  return std::make_unique<Adam>(AdamOptions{.learning_rate = 0.01, .amsgrad = true});
}

/// What a training leaves.
struct Result {
  std::vector<std::vector<double>> history;  // without seconds
  std::map<std::string, std::string> end;    // see Snapshot
  std::string log;
  std::vector<Real> weights;  // after on_train_end, so the best ones
  bool interrupted = false;
};

/// Everything that keeps something from step to step: dropout, batch normalization, moments, multipliers, early
/// stopping, plateaus, averages, logs.
Result run(const SetUp& set_up, const fs::path& folder, Index cut, bool by_exception, CheckpointOptions options = {}) {
  set_seed(set_up.resumes ? 99 : 7);
  const Dataset data = two_clouds(60);
  const Dataset other = two_clouds(20);
  Sequential model{Input{{2}}, Dense{8}, BatchNormalization{}, Activation{"relu"}, Dropout{0.3}, Dense{2}};
  const std::unique_ptr<Optimizer> optimizer = make(set_up.optimizer);
  if (!set_up.resumes) optimizer->set_learning_rate_multiplier(model.layer("dense_1").parameters(), 0.5);
  Cut cutter(cut, by_exception);
  EarlyStopping stopping({.monitor = set_up.validation ? "validation_loss" : "loss", .patience = 2});
  ReduceLearningRateOnPlateau plateau({.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 0.05});
  JsonlLogger log((folder / "log.jsonl").string(), {.every = 1});
  ExponentialMovingAverage average{{.decay = 0.9}};
  LambdaCallback averaging{{.on_step_end = [&](TrainingState&) { average.update(model.parameters()); },
                            .visit_state = [&](Archive& archive) { archive("average", average); }}};
  LambdaCallback freezing{{.on_step_end = [&](TrainingState& state) {
    if (set_up.freezing && state.total_steps == 6) state.model.layer("dense").freeze();
    if (set_up.freezing && state.total_steps == 7) state.model.freeze("batch_normalization");
    if (set_up.freezing && state.total_steps == 9) state.model.parameters()["dense_1.bias"].set_trainable(false);
  }}};
  LambdaCallback rising = on_epoch_end([&](TrainingState& state) {
    if (set_up.rising) state.validation->loss = state.epoch;
  });
  options.resume = true;
  options.verbose = false;
  Result result;
  History history;
  FitOptions fitting{.epochs = set_up.epochs,
                     .steps = set_up.steps,
                     .gradient_accumulation_steps = set_up.accumulation,
                     .validation = set_up.validation ? &other : nullptr,
                     .show_progress = false,
                     .callbacks = {&rising, &stopping, &plateau, &log, &averaging, &freezing, &cutter},
                     .checkpoint = Checkpoint(folder / "run", options),
                     .history = &history};
  try {
    if (set_up.pipeline) {
      const auto noise = [](Batch& batch, RandomKey key) {
        Generator generator(key.seed, key.stream);
        for (Real& x : batch.inputs.values()) x += static_cast<Real>(0.1 * generator.normal());
      };
      Prefetched batches(Transformed(DataLoader(data, {.batch_size = 8, .shuffle = true}), noise));
      fit(model, *optimizer, batches, fitting);
    } else {
      fitting.batch_size = 8;
      fit(model, *optimizer, data, fitting);
    }
  } catch (const std::runtime_error& error) {
    if (std::string_view(error.what()) != "cut") throw;
  }
  result.interrupted = history.interrupted();
  for (std::size_t i = 0; i < history.size(); ++i) {
    result.history.push_back(history.row(i));
    result.history.back().pop_back();
  }
  result.end = cutter.end;
  result.log = std::regex_replace(file_text(folder / "log.jsonl"), std::regex(R"("seconds":[^}]*)"), "");
  for (const NamedTensor& tensor : model.state()) {
    result.weights.insert(result.weights.end(), tensor.value().values().begin(), tensor.value().values().end());
  }
  return result;
}

std::string differences(const Result& got, const Result& expected) {
  std::string text;
  if (got.interrupted != expected.interrupted) text += "interrupted ";
  if (got.history.size() != expected.history.size()) text += "epochs ";
  for (std::size_t i = 0; i < std::min(got.history.size(), expected.history.size()); ++i) {
    const bool same = std::ranges::equal(got.history[i], expected.history[i],
                                         [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    if (!same) text += fmt::format("row {} ", i);
  }
  for (const auto& [name, value] : expected.end) {
    if (!got.end.contains(name) || got.end.at(name) != value) text += name + ' ';
  }
  if (got.end.size() != expected.end.size()) text += "names ";
  if (got.log != expected.log) text += "log ";
  if (got.weights != expected.weights) text += "weights ";
  return text;
}

/// Of a training of 21 or so steps, cut after each of them.
void check_every_step(const SetUp& set_up, bool by_exception, const CheckpointOptions& options) {
  const TemporaryFolder whole;
  const int before = threads();
  const Result expected = run(set_up, whole / "", -1, false, options);
  REQUIRE(!expected.end.empty());
  const Index steps = std::stoll(expected.end.at("total_steps"));
  CHECK(steps > 8);
  for (Index step = 1; step <= steps; step += sanitized ? 5 : 1) {
    CAPTURE(step);
    const TemporaryFolder parts;
    run(set_up, parts / "", step, by_exception, options);
    set_threads(1 + static_cast<int>(step % 3));
    SetUp resuming = set_up;
    resuming.resumes = !fs::is_empty(parts / "run");  // not if it was cut before the first checkpoint
    CHECK(differences(run(resuming, parts / "", -1, false, options), expected) == "");
    set_threads(before);
  }
}

}  // namespace

TEST_CASE("a restored history takes the place of another one") {
  const auto row = [](double loss) { return History::Row{{"epoch", 1}, {"loss", loss}}; };
  History saved, restored;
  saved.append(row(0.1));
  saved.append(row(0.3));
  for (const double loss : {1, 2, 3}) restored.append(row(loss));
  Snapshot snapshot;
  saved.visit_state(snapshot);
  struct Restoring : Archive {
    bool restoring() const override { return true; }
    void visit_tensor(const std::string&, Tensor&) override {}
    void visit_text(const std::string& name, std::string& text) override { text = all.at(name); }
    std::map<std::string, std::string> all;
  } archive;
  archive.all = snapshot.all;
  restored.visit_state(archive);
  CHECK(restored.column("loss") == std::vector{0.1, 0.3});
}

TEST_CASE("a training that was interrupted after any step goes on to the same bits") {
  for (const std::string optimizer : {"adam", "sgd", "nadam", "rmsprop", "adagrad"}) {
    CAPTURE(optimizer);
    check_every_step({.optimizer = optimizer}, false, {});
  }
}

TEST_CASE("a training of batches from a pipeline goes on to the same bits") {
  check_every_step({.pipeline = true}, false, {});
}

TEST_CASE("a training with accumulated gradients goes on to the same bits") {
  check_every_step({.accumulation = 3, .epochs = 5}, false, {});
}

TEST_CASE("a training that freezes layers goes on to the same bits") {
  check_every_step({.validation = false, .freezing = true}, false, {});
}

TEST_CASE("a training that early stopping ends goes on to the same end") {
  check_every_step({.rising = true, .epochs = 6}, false, {});
}

TEST_CASE("a training of so many steps goes on to the same bits") {
  check_every_step({.epochs = 1, .steps = 19}, false, {.every_epochs = 0});
}

TEST_CASE("a training that an exception ended goes on from the last checkpoint") {
  check_every_step({}, true, {.every_steps = 3, .every_epochs = 2});
}

TEST_CASE("a training can be cut many times") {
  const TemporaryFolder whole;
  const TemporaryFolder parts;
  const Result expected = run({}, whole / "", -1, false);
  for (const Index step : {2, 5, 6, 11, 17}) run({}, parts / "", step, step % 2 == 1, {.every_steps = 2});
  CHECK(differences(run({}, parts / "", -1, false, {.every_steps = 2}), expected) == "");
}

TEST_CASE("a training that is over is not trained again, and can be given more epochs") {
  const TemporaryFolder whole;
  const TemporaryFolder parts;
  SetUp set_up{.epochs = 2};
  const Result two = run(set_up, parts / "", -1, false);
  CHECK(differences(run(set_up, parts / "", -1, false), two) == "");
  set_up.epochs = 4;
  CHECK(differences(run(set_up, parts / "", -1, false), run(set_up, whole / "", -1, false)) == "");
}

namespace {

/// Trains a small network; see CheckpointOptions.
struct Small {
  explicit Small(const fs::path& path) : folder(path) {}
  History operator()(const CheckpointOptions& options, std::vector<CallbackPointer> callbacks = {}) {
    set_seed(1);
    Sequential model{Input{{2}}, Dense{units}, Dense{2}};
    checkpoint.emplace(folder, options);
    return fit(model, *optimizer, two_clouds(samples),
               {.epochs = epochs,
                .batch_size = batch_size,
                .show_progress = false,
                .callbacks = std::move(callbacks),
                .checkpoint = &*checkpoint});
  }

  fs::path folder;
  Index units = 4;
  Index samples = 40;
  Index batch_size = 10;
  int epochs = 3;
  std::unique_ptr<Optimizer> optimizer = std::make_unique<SGD>(0.1);
  std::optional<Checkpoint> checkpoint;
};

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(folder)) names.push_back(file.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::string file_of(int steps) { return fmt::format("checkpoint-{:09}.safetensors", steps); }

}  // namespace

TEST_CASE("a folder keeps the newest checkpoints, and the best") {
  const TemporaryFolder folder;
  Small{folder / "steps"}({.every_steps = 3, .every_epochs = 0, .keep = 2});
  CHECK(files_of(folder / "steps") == std::vector{file_of(9), file_of(12)});

  Small{folder / "epochs"}({.every_epochs = 2});
  CHECK(files_of(folder / "epochs") == std::vector{file_of(8)});

  Small small{folder / "best"};
  small.epochs = 6;
  small({.keep = 1, .monitor = "loss"}, {on_epoch_end([](TrainingState& state) {
          state.training.loss = std::abs(state.epoch - 2);  // best in the second epoch
        })});
  CHECK(files_of(folder / "best") == std::vector{file_of(8), file_of(24)});

  Small{folder / "minutes"}({.every_epochs = 0, .every_minutes = 1e-9, .keep = 2});
  CHECK(files_of(folder / "minutes") == std::vector{file_of(11), file_of(12)});
}

TEST_CASE("resuming leaves out checkpoints that are not valid, and says why") {
  const TemporaryFolder folder;
  Small small{folder / "run"};
  small({});
  const fs::path newest = folder / "run" / file_of(12);
  fs::resize_file(newest, fs::file_size(newest) - 1);
  small.optimizer = std::make_unique<SGD>(0.1);
  small.epochs = 4;
  const std::string printed = captured_output([&] { small({.resume = true}); });
  CHECK(small.checkpoint->resumed_from() == folder / "run" / file_of(8));
  REQUIRE(small.checkpoint->skipped().size() == 1);
  CHECK(printed == fmt::format("skipped {}\nresumed from {}: epoch 2, step 4\n", small.checkpoint->skipped()[0],
                               small.checkpoint->resumed_from().string()));
  CHECK(small.checkpoint->skipped()[0].starts_with(newest.string() + ": "));
  CHECK(small.checkpoint->skipped()[0].find("truncated") != std::string::npos);
  CHECK(files_of(folder / "run") == std::vector{file_of(8), file_of(12), file_of(16)});

  for (const auto& file : fs::directory_iterator(folder / "run")) std::ofstream(file.path()) << "not a checkpoint";
  small.optimizer = std::make_unique<SGD>(0.1);
  CHECK(error_text<FileError>([&] { small({.resume = true, .verbose = false}); })
            .starts_with((folder / "run").string() + ": expected a valid checkpoint, got 3 that are not; the newest: " +
                         (folder / "run" / file_of(16)).string() + ": expected "));
}

TEST_CASE("resuming refuses another training") {
  const TemporaryFolder folder;
  const fs::path path = folder / "run" / file_of(12);
  Small{folder / "run"}({});
  const auto error = [&](auto change, std::vector<CallbackPointer> callbacks = {}) {
    Small small{folder / "run"};
    small.epochs = 4;
    change(small);
    return error_text<StateError>([&] { small({.resume = true, .verbose = false}, callbacks); });
  };
  const std::string cure = "; resume with the model, optimizer, data and callbacks of the saved training";
  CHECK(error([](Small& small) { small.units = 5; }) ==
        path.string() + ": expected shape (2, 5) for model.dense.kernel, got (2, 4)" + cure);
  CHECK(error([](Small& small) { small.optimizer = std::make_unique<Adam>(0.1); }) ==
        path.string() + ": [checkpoint] expected the optimizer as when it was saved, sgd, got adam");
  CHECK(error([](Small& small) {
          small.optimizer = std::make_unique<SGD>(SGDOptions{.learning_rate = 0.1, .momentum = 0.5});
        }) == path.string() + ": expected the state optimizer.velocity.dense.kernel of this training, got none" + cure);
  CHECK(error([](Small& small) { small.samples = 39; }) ==
        path.string() + ": [checkpoint] expected data of as many samples as when it was saved, 40, got 39");
  CHECK(error([](Small& small) { small.batch_size = 20; }) ==
        path.string() + ": [checkpoint] expected the steps of an epoch as when it was saved, 4, got 2");
  CHECK(error([](Small&) {}, {EarlyStopping({.monitor = "loss"})}) ==
        path.string() + ": [checkpoint] expected as many callbacks as when it was saved, 0, got 1");
  CHECK(error_text<StateError>([&] { Small{folder / "run"}({}); }) ==
        (folder / "run").string() +
            ": expected a folder without checkpoints, got 3 of an earlier run; set .resume = "
            "true to go on with it, or choose another folder");

  // The other way round: the checkpoint has more.
  Small moving{folder / "moving"};
  moving.optimizer = std::make_unique<SGD>(SGDOptions{.learning_rate = 0.1, .momentum = 0.5});
  moving({});
  Small small{folder / "moving"};
  CHECK(error_text<StateError>([&] { small({.resume = true, .verbose = false}); }) ==
        (folder / "moving" / file_of(12)).string() +
            ": expected a training with the state optimizer.velocity.dense.bias, got one without" + cure);
}

namespace {

/// A training of 3 steps, and what another one of the same kind says when it goes on from its checkpoint.
struct Altered {
  TemporaryFolder folder;
  fs::path path = folder / "run" / file_of(3);
  SafeTensors saved = (train(), read_safetensors(path));

  std::string train() const {
    set_seed(1);
    Sequential model{Input{{2}}, Dense{3}, BatchNormalization{}, Dense{2}};
    NAdam optimizer;
    ExponentialMovingAverage average;
    model.build({2});
    const Tensor kernel = model.parameters()["dense.kernel"].value().clone();
    int trained = 0;
    const std::vector<CallbackPointer> callbacks{
        EarlyStopping({.monitor = "loss"}), ReduceLearningRateOnPlateau({.monitor = "loss"}),
        LambdaCallback({.on_step_end =
                            [&](TrainingState&) {
                              average.update(model.parameters());
                              ++trained;
                            },
                        .visit_state = [&](Archive& archive) { archive("average", average); }})};
    const bool resumed = fs::exists(path);
    const std::string error = error_text<Error>([&] {
      fit(model, optimizer, two_clouds(30),
          {.epochs = resumed ? 2 : 1,
           .batch_size = 10,
           .show_progress = false,
           .callbacks = callbacks,
           .checkpoint =
               Checkpoint(folder / "run", {.every_epochs = resumed ? 0 : 1, .resume = true, .verbose = false})});
    });
    const bool unchanged = same_bits(model.parameters()["dense.kernel"].value(), kernel) && optimizer.steps() == 0;
    return unchanged || error == "no error" ? error : fmt::format("{} (after {} steps)", error, trained);
  }

  std::string with_text(const std::string& name, const std::string& text) const {
    TrainingTexts texts = training_state_from(path.string(), saved.metadata);
    REQUIRE(texts.contains(name));
    texts[name] = text;
    write_safetensors(path, saved.tensors, {to_metadata(texts)});
    return train();
  }
  std::string with_tensor(const std::string& name, const Tensor& value) const {
    std::vector<SafeTensor> tensors = saved.tensors;
    const auto altered = std::ranges::find(tensors, name, &SafeTensor::name);
    REQUIRE(altered != tensors.end());
    altered->value = value;
    write_safetensors(path, tensors, {to_metadata(training_state_from(path.string(), saved.metadata))});
    return train();
  }
};

}  // namespace

TEST_CASE("numbers that no training has are refused, and nothing has changed") {
  const Altered checkpoint;
  CHECK(checkpoint.with_text("optimizer.steps", "3") == "no error");
  CHECK(checkpoint.with_text("generator.used", "4294967295") == "no error");  // the next words are drawn
  const std::string largest = "9223372036854775807", half = "4611686018427387903";
  const std::string nothing_larger = fmt::format("{}", std::numeric_limits<double>::max());
  const struct {
    std::string name, low, high;
    std::vector<std::string> wrong;
  } numbers[] = {
      {"optimizer.steps", "0", half, {largest, "-1", "4611686018427387904"}},
      {"optimizer.learning_rate", "0", "1000", {"nan", "-0.1", "1001", "inf"}},
      {"optimizer.weight_decay", "0", nothing_larger, {"nan", "-1", "inf"}},
      {"optimizer.learning_rate_multiplier.dense.kernel", "0", nothing_larger, {"nan", "-1", "inf"}},
      {"optimizer.product", "0", "1", {"nan", "-1", "2"}},
      {"epoch", "0", "1073741823", {"2147483647", "-1"}},
      {"step", "0", "3", {largest, "4", "-1"}},
      {"total_steps", "0", half, {largest, "-1"}},
      {"loaded", "0", "3", {largest, "4", "-1"}},
      {"seconds", "0", "1000000000000", {"nan", "-1", "1e+300"}},
      {"callbacks.0.waited", "0", "1073741823", {"2147483647", "-1"}},
      {"callbacks.0.best_epoch", "0", "1073741823", {"2147483647", "-1"}},
      {"callbacks.1.waited", "0", "1073741823", {"2147483647", "-1"}},
      {"callbacks.1.cooling", "0", "1073741823", {"2147483647", "-1"}},
  };
  for (const auto& [name, low, high, wrong] : numbers) {
    for (const std::string& text : wrong) {
      CHECK(checkpoint.with_text(name, text) ==
            fmt::format("{}: [checkpoint] expected a number from {} to {} as {}, got {}", checkpoint.path.string(), low,
                        high, name, text));
    }
    for (const std::string text : {"", "three", "1 ", "0x1", "1e999"}) {
      const std::string with = name + ": " + text;
      CAPTURE(with);
      CHECK(
          checkpoint.with_text(name, text).starts_with(checkpoint.path.string() + ": [checkpoint] expected a number "));
    }
  }
}

TEST_CASE("lists and tensors of a checkpoint that do not fit are refused") {
  const Altered checkpoint;
  const std::string path = checkpoint.path.string();
  for (const std::string sums : {"", "1 2", "1 2 3 4"}) {
    CHECK(checkpoint.with_text("metrics.metrics", sums)
              .starts_with(fmt::format("{}: [checkpoint] expected the sums of 1 metrics, got ", path)));
  }
  CHECK(checkpoint.with_text("history.epoch_1", "1 2")
            .starts_with(path + ": [checkpoint] expected a history of 5 columns, got 2"));
  CHECK(checkpoint.with_text("history.epochs", "18446744073709551615")
            .starts_with(path + ": expected the state history.epoch_2 of this training, got none"));
  CHECK(
      checkpoint.with_tensor("callbacks.2.average.averages", Tensor::zeros({2}))
          .starts_with("[exponential_moving_average] expected 2 weights, as many as were restored, got 23; restore the "
                       "averages of this model"));
  CHECK(checkpoint.with_tensor("optimizer.m.dense.kernel", Tensor::zeros({3, 2}))
            .starts_with(path + ": expected shape (2, 3) for optimizer.m.dense.kernel, got (3, 2)"));
}

TEST_CASE("weights of a checkpoint that are not finite are refused, and nothing has changed") {
  const Altered checkpoint;
  const std::string path = checkpoint.path.string();
  const Real nan = std::numeric_limits<Real>::quiet_NaN();
  CHECK(checkpoint.with_tensor("model.dense.kernel", Tensor::full({2, 3}, nan)) ==
        path + ": expected finite values in dense.kernel, got nan; the training had failed when it was saved");
  CHECK(checkpoint.with_tensor("model.batch_normalization.moving_variance", Tensor::full({3}, -1)) ==
        path + ": expected non-negative values in batch_normalization.moving_variance, got -1");
}

TEST_CASE("a folder belongs to one run at a time") {
  const TemporaryFolder folder;
  Small other{folder / "run"};
  std::string error;
  Small{folder / "run"}({}, {on_epoch_end([&](TrainingState& state) {
                          if (state.epoch == 2)
                            error = error_text<StateError>([&] { other({.resume = true, .verbose = false}); });
                        })});
  CHECK(error.starts_with(fmt::format("{}: expected a folder that no other run uses, got one of process {} on ",
                                      (folder / "run").string(), ::getpid())));
  CHECK(error.ends_with("; wait for its end, or choose another folder"));
  CHECK(files_of(folder / "run") == std::vector{file_of(4), file_of(8), file_of(12)});  // no lock is left
}

TEST_CASE("the lock of a killed run does not hold") {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  const auto killed = [child](TrainingState& state) {
    if (child == 0 && state.epoch == 2) std::raise(SIGKILL);
  };
  if (child == 0) {
    Small{folder / "run"}({}, {on_epoch_end(killed)});
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(files_of(folder / "run") == std::vector<std::string>{".lock", file_of(4)});
  Small small{folder / "run"};
  small({.resume = true, .verbose = false}, {on_epoch_end(killed)});
  CHECK(small.checkpoint->resumed_from() == folder / "run" / file_of(4));
  CHECK(files_of(folder / "run") == std::vector{file_of(4), file_of(8), file_of(12)});
}

TEST_CASE("a training that is killed at any moment of saving and resuming loses nothing") {
  const TemporaryFolder folder;
  std::vector<double> losses;
  const auto train = [&](const fs::path& path, Index every_steps) {
    Small small{path};
    small.epochs = 500;
    const History history = small({.every_steps = every_steps, .every_epochs = 0, .resume = true, .verbose = false});
    losses = history.column("loss");
  };
  Generator random(3);
  int killed = 0;
  constexpr int kills = sanitized ? 20 : 200;
  for (int i = 0; i < kills; ++i) {
    const auto microseconds = static_cast<useconds_t>(random.below(i % 2 == 0 ? 4000 : 20000));
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        train(folder / "run", 1);
      } catch (const std::exception& error) {
        fmt::print("{}\n", error.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::usleep(microseconds);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));  // not 1: an error
  }
  CHECK(killed == kills);
  train(folder / "run", 100);
  const std::vector<double> parts = losses;
  train(folder / "whole", 0);
  CHECK(parts == losses);
}

TEST_CASE("options of checkpoints") {
  const auto error = [](const CheckpointOptions& options) {
    return error_text<ValueError>([&] { Checkpoint("run", options); });
  };
  CHECK(error({.every_steps = -1}) ==
        "[checkpoint] expected saves every 1 or more steps and epochs, or 0 for none, got -1 and 1");
  CHECK(error({.every_epochs = -2}) ==
        "[checkpoint] expected saves every 1 or more steps and epochs, or 0 for none, got 0 and -2");
  CHECK(error({.every_minutes = -1}) ==
        "[checkpoint] expected saves after a finite number of minutes, or 0 for none, got -1");
  CHECK(error({.keep = 0}) == "[checkpoint] expected to keep at least 1 checkpoint, got 0");
  CHECK(error_text<ValueError>([] { Checkpoint(""); }) == "[checkpoint] expected a folder, got an empty path");
  const TemporaryFolder folder;
  Small small{folder / "run"};
  CHECK(error_text<ValueError>([&] { small({.monitor = "los"}); }).find("did you mean 'loss'") != std::string::npos);
  std::ofstream(folder / "file") << "";
  CHECK(error_text<FileError>([&] { Small{folder / "file"}({}); }).starts_with((folder / "file").string()));
}

TEST_CASE("training goes on when a checkpoint cannot be written, and says so") {
  const TemporaryFolder folder;
  Small small{folder / "run"};
  const auto limit = [](rlim_t bytes) {
    const rlimit limits{bytes, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limits);
  };
  std::signal(SIGXFSZ, SIG_IGN);
  int epochs = 0;
  const std::vector<CallbackPointer> full{on_epoch_end([&](TrainingState& state) {
    epochs = state.epoch;
    limit(state.epoch >= 2 ? 100 : RLIM_INFINITY);
  })};
  const std::string text = error_text<FileError>([&] { small({}, full); });
  limit(RLIM_INFINITY);
  CHECK(epochs == 3);
  CHECK(text.starts_with((folder / "run" / file_of(12)).string() + ": expected to write "));
  CHECK(files_of(folder / "run") == std::vector{file_of(4)});

  // A later save that succeeds makes up for it. Not even the warning can be written.
  const int stream = ::dup(STDERR_FILENO);
  const int full_device = ::open("/dev/full", O_WRONLY);
  ::dup2(full_device, STDERR_FILENO);
  small.folder = folder / "again";
  small.optimizer = std::make_unique<SGD>(0.1);
  small({}, {on_epoch_end([&](TrainingState& state) { limit(state.epoch == 2 ? 100 : RLIM_INFINITY); })});
  ::dup2(stream, STDERR_FILENO);
  ::close(stream);
  ::close(full_device);
  CHECK(files_of(folder / "again") == std::vector{file_of(4), file_of(12)});
}

TEST_CASE("weights that are not finite are not saved") {
  const TemporaryFolder folder;
  Small small{folder / "run"};
  const std::string text = error_text<NonFiniteError>([&] {
    small({.every_steps = 1}, {on_step_end([](TrainingState& state) {
            if (state.total_steps == 6) {
              state.model.parameters()["dense.kernel"].value().fill(std::numeric_limits<Real>::infinity());
            }
          })});
  });
  CHECK(text.starts_with("[fit] expected a finite loss"));
  CHECK(files_of(folder / "run") == std::vector{file_of(3), file_of(4), file_of(5)});
}

TEST_CASE("a checkpoint comes after all callbacks") {
  const TemporaryFolder folder;
  Small{folder / "run"}({});
  Sequential model{Input{{2}}, Dense{4}, Dense{2}};
  SGD sgd(0.1);
  Checkpoint checkpoint(folder / "run", {.resume = true, .verbose = false});
  EarlyStopping stopping({.monitor = "loss"});
  CHECK(error_text<StateError>([&] {
          fit(model, sgd, two_clouds(40),
              {.batch_size = 10, .show_progress = false, .callbacks = {&checkpoint, &stopping}});
        }).find("expected a checkpoint after all callbacks, got one before others; give it as .checkpoint") !=
        std::string::npos);
}

TEST_CASE("custom batches need to say what their state is") {
  struct Own : Batches {
    explicit Own(const Dataset& data) : loader(data, {.batch_size = 10}) {}
    void begin_epoch() override { loader.begin_epoch(); }
    bool next(Batch& batch) override { return loader.next(batch); }
    Index batches_per_epoch() const override { return loader.batches_per_epoch(); }
    const Shape& sample_shape() const override { return loader.sample_shape(); }
    Index classes() const override { return loader.classes(); }
    DataLoader loader;
  };
  const TemporaryFolder folder;
  Sequential model{Input{{2}}, Dense{2}};
  SGD sgd(0.1);
  Own batches(two_clouds(40));
  CHECK(error_text<StateError>([&] {
          fit(model, sgd, batches, {.show_progress = false, .checkpoint = Checkpoint(folder / "run")});
        }) == "[checkpoint] expected batches whose state can be saved, got ones without visit_state; override it");
}
