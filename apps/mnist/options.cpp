#include "options.h"

#include "../command_line.h"
#include "../optimizers.h"
#include "../perceptron.h"

#include <gradus/core/about/about.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

using gradus::Index;

namespace {

bool same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  const auto full = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return !a.empty() && !b.empty() && full(a) == full(b);
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Trains a network to classify handwritten digits, and prints its loss, accuracy\n"
      "and time per epoch. With --compare, also trains the same network without\n"
      "normalization. The default data are the 6,000 built-in digits of MNIST."};
  app.set_version_flag("--version", gradus::about());
  app.get_formatter()->column_width(28);

  const auto data =
      app.add_option("--data", o.data, "folder of the four MNIST files, raw or .gz")->type_name("DIR")->group("Data");
  const auto fashion =
      app.add_flag("--fashion", o.fashion, "use Fashion-MNIST, from --data or Debian's package")->group("Data");

  add_name(app, "--network", o.network, "mlp, or conv: convolutions before the dense layers", {"mlp", "conv"})
      ->group("Network");
  add_units(app, "--hidden", o.hidden, "units of the hidden dense layers; default: 256,128, with conv 128")
      ->group("Network");
  app.add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Network");
  add_name(app, "--norm", o.norm, "normalization", normalization_names())->group("Network");
  app.add_option("--dropout", o.dropout, "share of units to drop after each activation")
      ->type_name("RATE")
      ->capture_default_str()
      ->group("Network");
  const auto initializer =
      app.add_option("--initializer", o.initializer, "kernel initializer, such as random_normal(0.05)")
          ->type_name("NAME")
          ->capture_default_str()
          ->group("Network");
  const auto pytorch = app.add_flag("--pytorch", o.pytorch, "use the conventions of PyTorch, not those of Keras")
                           ->excludes(initializer)
                           ->group("Network");

  add_name(app, "--optimizer", o.optimizer, "optimizer", optimizer_names())->group("Training");
  app.add_option("--learning-rate", o.learning_rate, "default: 0.001; sgd: 0.01")
      ->type_name("RATE")
      ->check([](const std::string& text) {
        char* end = nullptr;
        const double rate = std::strtod(text.c_str(), &end);
        const bool valid = std::isfinite(rate) && rate > 0 && *end == '\0';
        return valid ? "" : "expected a number above 0, got " + text;
      })
      ->group("Training");
  const auto momentum = app.add_option("--momentum", o.momentum, "momentum of sgd")
                            ->type_name("SHARE")
                            ->capture_default_str()
                            ->group("Training");
  const auto schedule =
      add_name(app, "--schedule", o.schedule, "of the learning rate, down to 0 with cosine", {"constant", "cosine"})
          ->group("Training");
  const auto augment =
      app.add_flag("--augment", o.augment, "shift and rotate (--fashion: shift and mirror) the images at random")
          ->group("Training");
  const auto epochs = app.add_option("--epochs", o.epochs, "passes over the data")
                          ->type_name("N")
                          ->check(whole_number(1))
                          ->capture_default_str()
                          ->group("Training");
  const auto steps = app.add_option("--steps", o.steps, "train for N steps instead of --epochs")
                         ->type_name("N")
                         ->check(whole_number(1))
                         ->group("Training");
  app.add_option("--batch-size", o.batch_size, "samples per step")
      ->type_name("N")
      ->check(whole_number(1))
      ->capture_default_str()
      ->group("Training");
  app.add_option("--seed", o.seed, "seed of weights, batches and dropout")
      ->type_name("N")
      ->check(whole_number(std::uint64_t{0}))
      ->capture_default_str()
      ->group("Training");
  const auto seeds = app.add_option("--seeds", o.seeds, "number of runs, with the seeds from --seed on")
                         ->type_name("N")
                         ->check(CLI::Range(1, 1000).description(""))
                         ->capture_default_str()
                         ->group("Training");
  const auto threads = app.add_option("--threads", o.threads, "default: all cores; does not change the results")
                           ->type_name("N")
                           ->check(CLI::Range(1, 256).description(""))
                           ->group("Training");
  const auto profile =
      app.add_flag("--profile", o.profile, "print the time of each operation in a training step")->group("Training");
  const auto compare = app.add_flag("--compare", o.compare, "also train without normalization")->group("Training");
  const auto doctor =
      app.add_flag("--doctor", o.doctor, "print a diagnosis of the network; do not train")->group("Training");
  const auto fix =
      app.add_flag("--fix", o.fix, "apply the cures of the diagnosis, print the code, train")->group("Training");

  app.add_option("--evaluate-every", o.evaluate_every, "steps between tests; default: 20 tests in total")
      ->type_name("N")
      ->check(whole_number(Index{1}))
      ->group("Output");
  const auto report = app.add_option("--report", o.report, "folder for tables, pictures and the model")
                          ->type_name("DIR")
                          ->group("Output");
  const auto log =
      app.add_option("--log", o.log, "write a JSON line for every test")->type_name("FILE")->group("Output");
  const auto save = app.add_option("--save", o.save, "write the model of the first seed (safetensors)")
                        ->type_name("FILE")
                        ->group("Output");
  const auto checkpoint =
      app.add_option("--checkpoint", o.checkpoint, "folder to save the training to, every epoch and 5 minutes")
          ->type_name("DIR")
          ->group("Output");
  app.add_flag("--resume", o.resume, "go on from the last checkpoint, to the same bits")
      ->needs(checkpoint)
      ->group("Output");
  const auto verify =
      app.add_flag("--verify-resume", o.verify_resume, "cut a short run after 50 random steps, resume, compare")
          ->group("Output");

  const auto predict = app.add_option("--predict", o.predict, "classify the test images with this model")
                           ->type_name("FILE")
                           ->group("Prediction");
  const auto images = app.add_option("--images", o.images, "classify the images of this IDX file instead")
                          ->type_name("FILE")
                          ->needs(predict)
                          ->group("Prediction");

  parse(app, argc, argv);
  exclude(steps, {epochs});
  exclude(doctor, {seeds, profile, compare, report, log, save, checkpoint, verify, fix});
  exclude(fix, {seeds, profile, compare, report, log, save, checkpoint, verify, pytorch, schedule, augment});
  exclude(verify, {epochs, steps, seeds, profile, compare, report, log, save, checkpoint});
  exclude(images, {data, fashion});
  std::vector<CLI::Option*> no_prediction = app.get_options([&](const CLI::Option* option) {
    return option->get_group() != "Data" && option->get_group() != "Prediction" && option != threads;
  });
  exclude(predict, no_prediction);
  require(momentum, o.optimizer == "sgd", "needs --optimizer sgd, got --optimizer {}", o.optimizer);
  require(compare, o.norm != "none", "trains without normalization besides; give --norm another value than none");
  require(seeds, o.seed <= std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(o.seeds - 1),
          "expected {} seeds below 2^64, got --seed {}", o.seeds, o.seed);
  require(save, !same_file(o.save, o.log), "and --log name the same file '{}'", o.save);
  for (const char* file : {"history.csv", "confusion.csv", "mistakes.svg", "filters.svg", "model.safetensors"}) {
    const std::string written = o.report + "/" + file;
    require(report, !same_file(o.save, written), "and --save name the same file '{}'", o.save);
    require(report, !same_file(o.log, written), "and --log name the same file '{}'", o.log);
  }
  return o;
}
