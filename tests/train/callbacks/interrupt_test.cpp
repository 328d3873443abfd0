#include "support/captured_output.h"
#include "support/compare.h"
#include "support/temporary_folder.h"

#include <gradus/gradus.h>
#include <gradus/train/callbacks/interrupt.h>

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>

using namespace gradus;

namespace {

/// SIGINT as a program without a handler has it; doctest has one.
class WithoutHandler {
 public:
  WithoutHandler() : earlier_(std::signal(SIGINT, SIG_DFL)) {}
  ~WithoutHandler() { std::signal(SIGINT, earlier_); }

 private:
  void (*earlier_)(int);
};

using Handler = void (*)(int);

Handler handler_now() {
  struct sigaction now = {};
  sigaction(SIGINT, nullptr, &now);
  return now.sa_handler;
}

volatile std::sig_atomic_t handled = 0;

/// Presses Ctrl-C at a step, or at the end of an epoch.
struct CtrlC : Callback {
  CtrlC(int e, Index s) : epoch(e), step(s) {}
  void on_step_end(TrainingState& state) override {
    last_step = state.step;
    if (state.epoch != epoch || state.step != step) return;
    CHECK((handler_now() != SIG_DFL));
    std::raise(SIGINT);
    handler_after = handler_now();
  }
  void on_epoch_end(TrainingState& state) override {
    ++epochs_ended;
    if (step == 0 && state.epoch == epoch) std::raise(SIGINT);
  }
  void on_train_end(TrainingState& state) override {
    ended = true;
    CHECK(state.epoch == epochs_ended);
  }
  int epoch;
  Index step;
  Index last_step = 0;
  int epochs_ended = 0;
  bool ended = false;
  Handler handler_after = nullptr;
};

struct Fails : Callback {
  void on_step_end(TrainingState&) override { throw StateError("failed"); }
};

Dataset table(Index n) {
  Generator random(4);
  const Tensor inputs = Tensor::normal({n, 2}, 0, 1, random);
  return {inputs, inputs.clone()};
}

}  // namespace

TEST_CASE("Ctrl-C ends training after the step, saves the model and says so") {
  const WithoutHandler without;
  const TemporaryFolder folder;
  const Dataset data = table(40);
  Sequential model{Input{{2}}, Dense{3}, BatchNormalization{}, Dense{2}};
  SGD optimizer;
  CtrlC press(2, 3);
  History history;
  const std::string path = (folder / "now.safetensors").string();
  StopOnInterrupt stop(path);
  const std::string output = captured_output([&] {
    history =
        fit(model, optimizer, data,
            {.epochs = 5, .batch_size = 8, .validation = &data, .show_progress = false, .callbacks = {&press, &stop}});
  });
  CHECK(output == "interrupted in epoch 2, step 3; the model is in " + path + "\n");
  CHECK(history.interrupted());
  CHECK(history.size() == 2);
  CHECK(optimizer.steps() == 5 + 3);
  CHECK(press.last_step == 3);
  CHECK(press.epochs_ended == 2);
  CHECK(press.ended);
  CHECK(std::isfinite(history.last("loss")));
  CHECK(std::isnan(history.last("validation_loss")));  // not measured
  CHECK(std::isfinite(history.column("validation_loss")[0]));
  CHECK((press.handler_after == SIG_DFL));  // so that a second one ends the program
  CHECK((handler_now() == SIG_DFL));
  Sequential loaded = load_model(path);
  CHECK(same_bits(loaded.predict(Tensor::ones({3, 2})), model.predict(Tensor::ones({3, 2}))));

  const History whole = fit(model, optimizer, data, {.batch_size = 8, .show_progress = false});
  CHECK(!whole.interrupted());
}

TEST_CASE("Ctrl-C between two epochs") {
  const WithoutHandler without;
  const Dataset data = table(16);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  CtrlC press(1, 0);
  StopOnInterrupt stop;
  const std::string output = captured_output([&] {
    const History history =
        fit(model, optimizer, data,
            {.epochs = 5, .batch_size = 8, .validation = &data, .show_progress = false, .callbacks = {&press, &stop}});
    CHECK(history.interrupted());
    CHECK(history.size() == 1);
    CHECK(std::isfinite(history.last("validation_loss")));
  });
  CHECK(output == "interrupted in epoch 1, step 2\n");
  CHECK(!std::filesystem::exists("interrupted.safetensors"));
}

TEST_CASE("the model that Ctrl-C saves is the one that fit leaves") {
  const WithoutHandler without;
  const TemporaryFolder folder;
  const Dataset data = table(40);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  EarlyStopping stopping;
  CtrlC press(2, 3);
  StopOnInterrupt stop(folder / "now.safetensors");
  Tensor best;
  struct Keep : Callback {
    explicit Keep(Tensor& b) : best(b) {}
    void on_epoch_end(TrainingState& state) override {
      if (state.epoch == 1) best = state.model.parameters()["dense.kernel"].value().clone();
    }
    Tensor& best;
  } keep(best);
  captured_output([&] {
    fit(model, optimizer, data,
        {.epochs = 3,
         .batch_size = 8,
         .validation = &data,
         .show_progress = false,
         .callbacks = {&stopping, &press, &keep, &stop}});
  });
  Sequential loaded = load_model(folder / "now.safetensors");
  CHECK(same_bits(loaded.parameters()["dense.kernel"].value(), best));
  CHECK(same_bits(model.parameters()["dense.kernel"].value(), best));
}

TEST_CASE("an interrupted model that cannot be saved is an error") {
  const WithoutHandler without;
  const TemporaryFolder folder;
  const Dataset data = table(16);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  CtrlC press(1, 1);
  const std::filesystem::path path = folder / "model.safetensors";
  StopOnInterrupt stop(path);
  const auto block = on_epoch_end([&](auto&) { std::filesystem::create_directory(path); });
  CHECK(error_text<FileError>([&] {
          fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&press, block, &stop}});
        }).starts_with(path.string() + ": "));
  CHECK((handler_now() == SIG_DFL));
}

TEST_CASE("what the program had set for SIGINT is back after fit, and a handler of its own stays") {
  const WithoutHandler without;
  const Dataset data = table(16);
  Sequential model{Input{{2}}, Dense{2}};
  SGD optimizer;
  Fails fails;
  StopOnInterrupt stop;
  CHECK(error_text<StateError>([&] {
          fit(model, optimizer, data, {.batch_size = 8, .show_progress = false, .callbacks = {&fails, &stop}});
        }) == "failed");
  CHECK((handler_now() == SIG_DFL));

  const Handler own = [](int) { handled = handled + 1; };
  struct sigaction action = {};
  action.sa_handler = own;
  sigaction(SIGINT, &action, nullptr);
  CtrlC press(1, 1);
  const History history =
      fit(model, optimizer, data, {.epochs = 2, .batch_size = 8, .show_progress = false, .callbacks = {&press, &stop}});
  CHECK(handled == 1);
  CHECK(!history.interrupted());
  CHECK(history.size() == 2);
  CHECK((handler_now() == own));

  std::signal(SIGINT, SIG_IGN);
  {
    const Interrupt interrupt;
    CHECK((handler_now() == SIG_IGN));
    std::raise(SIGINT);
    CHECK(!interrupt.requested());
  }
  CHECK((handler_now() == SIG_IGN));
}
