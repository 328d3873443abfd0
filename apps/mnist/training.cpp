#include "training.h"

#include "filters.h"
#include "fitting.h"
#include "fixing.h"
#include "mistakes.h"
#include "network.h"
#include "recorder.h"

#include <gradus/data/images/fashion_mnist.h>
#include <gradus/data/mnist/mnist.h>
#include <gradus/files/atomic_file.h>
#include <gradus/files/model_file.h>
#include <gradus/train/callbacks/profile_training.h>
#include <gradus/train/callbacks/stop_on_interrupt.h>
#include <gradus/train/checkpoint/checkpoint.h>
#include <gradus/train/classification/confusion_matrix.h>
#include <gradus/train/doctor/doctor.h>
#include <gradus/train/progress_bar.h>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

using namespace gradus;

namespace {

/// A trained network: its name in tables and files, and its results.
struct Run {
  std::string name;
  Measurement final;
  double max_epoch_seconds;
};

std::string name_of(const std::string& norm) { return norm == "none" ? "no normalization" : norm + " normalization"; }

/// Four decimals, and fewer for the losses of a training that diverges.
std::string loss_text(double loss) {
  return std::abs(loss) < 10'000 ? fmt::format("{:.4f}", loss) : fmt::format("{:.2e}", loss);
}

void print_table(const std::vector<Run>& runs, std::size_t arms) {
  fmt::print("\n{:21}{:>10}{:>8}{:>11}{:>10}{:>10}{:>10}\n", "", "seed", "steps", "train loss", "test loss", "accuracy",
             "s/epoch");
  for (const Run& run : runs) {
    const Measurement& m = run.final;
    fmt::print("{:21}{:>10}{:>8}{:>11}{:>10}{:>9.2f} %{:>9.2f}\n", run.name, m.seed, m.step, loss_text(m.training_loss),
               loss_text(m.test_loss), 100 * m.test_accuracy, run.max_epoch_seconds);
  }
  if (runs.size() == arms) return;
  fmt::print("\n{:21}{:>10}{:>10}{:>10}   accuracy over {} seeds\n", "", "lowest", "median", "highest",
             runs.size() / arms);
  for (std::size_t arm = 0; arm < arms; ++arm) {
    std::vector<double> accuracies;
    for (std::size_t i = arm; i < runs.size(); i += arms) accuracies.push_back(100 * runs[i].final.test_accuracy);
    std::ranges::sort(accuracies);
    const std::size_t half = accuracies.size() / 2;
    const double median = accuracies.size() % 2 == 1 ? accuracies[half] : (accuracies[half - 1] + accuracies[half]) / 2;
    fmt::print("{:21}{:>8.2f} %{:>8.2f} %{:>8.2f} %\n", runs[arm].name, accuracies.front(), median, accuracies.back());
  }
}

void print_diagnosis(const Options& options, const Dataset& training_data, Index steps) {
  set_seed(options.seed);
  Sequential model = make_network(options, options.norm);
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(options);
  fmt::print("\n{}", to_string(diagnose(model, {.batch_size = options.batch_size,
                                                .dataset = &training_data,
                                                .optimizer = optimizer.get(),
                                                .steps = steps})));
}

/// That no batch has a single sample, of which batch normalization has no variance.
void check_batches(const Options& options, const std::vector<std::string>& arms, Index samples, Index last_step) {
  if (std::ranges::find(arms, "batch") == arms.end()) return;
  check(options.batch_size > 1, "[mnist] expected a --batch-size above 1 with --norm batch, got 1; use --norm layer");
  Index better = options.batch_size;
  while (samples % better == 1) ++better;
  check(
      better == options.batch_size || last_step <= samples / options.batch_size,
      "[mnist] expected batches of at least 2 images with --norm batch, got {} images in batches of {}, which leaves a "
      "last batch of 1; use --batch-size {} or --norm layer",
      samples, options.batch_size, better);
}

/// A folder for each network, with --checkpoint.
std::optional<Checkpoint> make_checkpoint(const Options& options, const std::string& norm, std::uint64_t seed) {
  if (options.checkpoint.empty()) return std::nullopt;
  const std::filesystem::path folder = std::filesystem::path(options.checkpoint) / fmt::format("{}-{}", norm, seed);
  return Checkpoint(folder, {.every_minutes = 5, .resume = options.resume});
}

/// Makes the folder of a file, and tries to write to it, before the work begins.
void prepare(const std::filesystem::path& path, std::string_view option) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  check<FileError>(!error, "{}: expected a folder, got '{}'; choose another one with {}", path.parent_path().string(),
                   error.message(), option);
  const auto type = std::filesystem::symlink_status(path, error).type();
  check<FileError>(type == std::filesystem::file_type::not_found || type == std::filesystem::file_type::regular,
                   "{}: expected a file to write to, got a folder, a link or a device; choose another one with {}",
                   path.string(), option);
  const std::filesystem::path probe = path.string() + ".probe";
  write_atomically(probe, "");
  std::filesystem::remove(probe, error);
}

}  // namespace

TrainTest load_data(const Options& options) {
  if (options.fashion) return options.data.empty() ? load_fashion_mnist() : load_fashion_mnist(options.data);
  return options.data.empty() ? load_digits_sample() : load_mnist(options.data);
}

bool train(const Options& options) {
  const auto [training_data, test] = load_data(options);
  fmt::print("{}: {} images for training, {} for testing\n",
             options.data.empty() && !options.fashion ? "built-in sample of MNIST"
             : options.fashion                        ? "Fashion-MNIST"
                                                      : "MNIST",
             training_data.size(), test.size());

  check(options.batch_size <= training_data.size(), "[mnist] expected a --batch-size from 1 to {}, got {}",
        training_data.size(), options.batch_size);
  const Index per_epoch = (training_data.size() + options.batch_size - 1) / options.batch_size;
  const Index last_step = options.steps > 0 ? options.steps : options.epochs * per_epoch;
  const Index every = options.evaluate_every > 0 ? options.evaluate_every : std::max<Index>(1, last_step / 20);

  if (options.doctor) {
    print_diagnosis(options, training_data, every);
    return true;
  }
  if (options.fix) {
    fix(options, {training_data, test}, every);
    return true;
  }
  std::vector<std::string> arms{options.norm};
  if (options.compare) arms = {"none", options.norm == "none" ? "batch" : options.norm};
  check_batches(options, arms, training_data.size(), last_step);
  if (!options.report.empty()) prepare(options.report + "/model.safetensors", "--report");
  if (!options.save.empty()) prepare(options.save, "--save");
  const std::filesystem::path interrupted_model = std::filesystem::path(options.report) / "interrupted.safetensors";
  std::optional<LogFile> log;
  if (!options.log.empty()) log.emplace(options.log, false);
  std::vector<Measurement> history;
  std::vector<Run> runs;
  for (int repeat = 0; repeat < options.seeds; ++repeat) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(repeat);
    for (const std::string& norm : arms) {
      set_seed(seed);  // gives both networks the same initial kernels and the same batches
      Sequential model = make_network(options, norm);
      if (repeat == 0) fmt::print("\n{}, seed {}\n{}\n", name_of(norm), seed, model.summary());
      const std::unique_ptr<Optimizer> optimizer = make_optimizer(options);
      Recorder recorder(norm, seed, test, every, log ? &*log : nullptr);
      StopOnInterrupt interrupt(options.checkpoint.empty() ? interrupted_model : "");
      ProfileTraining profile;
      ProgressBar progress(arms.size() > 1 ? fmt::format("{:5}", norm) : "");
      std::vector<CallbackPointer> callbacks{&recorder, &progress, &interrupt};
      if (options.profile) callbacks.push_back(&profile);
      std::optional<Checkpoint> checkpoint = make_checkpoint(options, norm, seed);
      const History trained =
          fit_network(options, model, *optimizer, training_data, callbacks, checkpoint ? &*checkpoint : nullptr);
      const std::vector<Measurement>& measured = recorder.measurements();
      history.insert(history.end(), measured.begin(), measured.end());
      if (trained.interrupted()) {
        if (!options.report.empty()) write_history(options.report + "/history.csv", history);
        if (checkpoint) fmt::print("the same command with --resume goes on from here\n");
        return false;
      }
      runs.push_back({name_of(norm), measured.back(), recorder.max_epoch_seconds()});
      if (norm == arms.back() && repeat == 0) {
        if (!options.save.empty()) save_model(model, options.save);
        if (!options.report.empty()) {
          save_model(model, options.report + "/model.safetensors");
          confusion_matrix(model, test).write_csv(options.report + "/confusion.csv");
          write_atomically(options.report + "/mistakes.svg", mistakes_svg(model, test));
          write_atomically(options.report + "/filters.svg", filters_svg(model));
        }
      }
    }
  }
  print_table(runs, arms.size());
  if (!options.report.empty()) {
    write_history(options.report + "/history.csv", history);
    fmt::print("\nwrote {0}/history.csv, {0}/confusion.csv, {0}/mistakes.svg, {0}/filters.svg\n", options.report);
    fmt::print("and {}/model.safetensors\n", options.report);
  }
  return true;
}
