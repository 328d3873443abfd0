#include "verify_resume.h"

#include "fitting.h"
#include "network.h"
#include "recorder.h"
#include "training.h"

#include <gradus/core/parallel.h>
#include <gradus/core/random.h>
#include <gradus/files/model_file.h>
#include <gradus/train/callbacks/lambda_callback.h>
#include <gradus/train/checkpoint/checkpoint.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

using namespace gradus;

namespace {

constexpr Index last_step = 60;
constexpr int cuts = 50;
constexpr Index images = 640;  // for training

/// A folder for temporary files, which goes with the object.
struct Scratch {
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("gradus-verify-resume-{}", ::getpid());
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a training leaves, without times.
struct Trace {
  std::string model;
  std::string log;
  std::string history;
  bool operator==(const Trace&) const = default;
};

/// Trains up to step `cut`, or to the end. Goes on from the checkpoint in the folder, if there is one.
Trace run(const Options& options, const TrainTest& data, const std::filesystem::path& folder, Index cut) {
  set_seed(options.seed);
  Sequential model = make_network(options, options.norm);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(options);
  std::filesystem::create_directories(folder);
  LogFile log(folder / "log.jsonl", false);
  Recorder recorder(options.norm, options.seed, data.test, 7, &log);
  LambdaCallback interruption = on_step_end([cut](TrainingState& state) {
    if (state.total_steps == cut && cut < last_step) state.stop = state.interrupted = true;
  });
  Checkpoint checkpoint(folder / "run", {.keep = 1, .resume = true, .verbose = false});
  const History history = fit_network(options, model, *optimizer, data.train, {&recorder, &interruption}, &checkpoint);
  save_model(model, folder / "model.safetensors");
  Trace trace{.model = content(folder / "model.safetensors"),
              .log = std::regex_replace(content(folder / "log.jsonl"), std::regex(",\"seconds\":[^}]*"), ""),
              .history = {}};
  for (std::size_t i = 0; i < history.size(); ++i) {
    for (std::size_t j = 0; j + 1 < history.row(i).size(); ++j) trace.history += fmt::format("{} ", history.row(i)[j]);
  }
  return trace;
}

}  // namespace

bool verify_resume(const Options& chosen) {
  Options options = chosen;
  options.steps = last_step;
  TrainTest data = load_data(options);
  data.train = data.train.take(std::min(images, data.train.size()));
  data.test = data.test.take(std::min<Index>(100, data.test.size()));
  const Scratch scratch;
  const int all_threads = threads();
  const Trace whole = run(options, data, scratch.path / "whole", last_step);
  Generator random(options.seed);
  int equal = 0;
  for (int i = 0; i < cuts; ++i) {
    const Index cut = 1 + random.below(last_step - 1);
    const std::filesystem::path folder = scratch.path / fmt::format("{}", i);
    set_threads(1 + i % 2 * all_threads);
    run(options, data, folder, cut);
    set_threads(1 + (i + 1) % 3);
    const Trace parts = run(options, data, folder, last_step);
    std::filesystem::remove_all(folder);
    if (parts == whole) {
      ++equal;
      continue;
    }
    fmt::print("cut after step {}: another {}\n", cut,
               parts.model != whole.model ? "model"
               : parts.log != whole.log   ? "log"
                                          : "history");
  }
  set_threads(all_threads);
  fmt::print("{} of {} trainings that were cut and resumed ended with the same bytes ({} steps; model of {} bytes)\n",
             equal, cuts, last_step, whole.model.size());
  return equal == cuts;
}
