#include "options.h"

#include <gradus/core/about.h>

#include <CLI/CLI.hpp>

#include <cstdlib>

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Trains a classifier of handwritten digits, or two that differ in batch normalization only,\n"
      "and tells how fast and how well they learn. Without --data on 6,000 digits that are built in."};
  app.set_version_flag("--version", gradus::about());
  app.get_formatter()->column_width(34);

  app.add_option("--data", o.data, "folder with the four MNIST files, raw or .gz")->type_name("DIR")->group("Data");
  app.add_flag("--fashion", o.fashion, "take Fashion-MNIST (from --data, else Debian's package)")->group("Data");

  app.add_option("--hidden", o.hidden, "units of the hidden layers")->delimiter(',')->type_name("N,N,...")
      ->capture_default_str()->group("Network");
  app.add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")->type_name("NAME")
      ->capture_default_str()->group("Network");
  app.add_option("--norm", o.norm, "before each activation: none, batch, layer")
      ->check(CLI::IsMember({"none", "batch", "layer"}))->type_name("NAME")->capture_default_str()->group("Network");
  app.add_option("--dropout", o.dropout, "share of units dropped after each activation")->type_name("RATE")
      ->capture_default_str()->group("Network");
  app.add_option("--initializer", o.initializer, "of the kernels, as random_normal(0.05)")->type_name("NAME")
      ->capture_default_str()->group("Network");

  app.add_option("--optimizer", o.optimizer, "adam, adamw, sgd")->check(CLI::IsMember({"adam", "adamw", "sgd"}))
      ->type_name("NAME")->capture_default_str()->group("Training");
  app.add_option("--learning-rate", o.learning_rate, "default 0.001 for adam and adamw, 0.01 for sgd")->type_name("RATE")
      ->check([](const std::string& text) {
        char* end = nullptr;
        return std::strtod(text.c_str(), &end) > 0 && *end == '\0' ? "" : "expected a number above 0, got " + text;
      })->group("Training");
  app.add_option("--momentum", o.momentum, "of sgd")->type_name("SHARE")->capture_default_str()->group("Training");
  app.add_option("--epochs", o.epochs, "passes over the data")->type_name("N")->capture_default_str()->group("Training");
  app.add_option("--steps", o.steps, "ends after this many steps, whatever the epochs")->type_name("N")
      ->check(CLI::PositiveNumber)->group("Training");
  app.add_option("--batch-size", o.batch_size, "samples per step")->type_name("N")->capture_default_str()->group("Training");
  app.add_option("--seed", o.seed, "of weights, batches and dropout")->type_name("N")->capture_default_str()->group("Training");
  app.add_option("--seeds", o.seeds, "repeats with so many seeds, from --seed on")->type_name("N")
      ->check(CLI::Range(1, 1000))->capture_default_str()->group("Training");
  app.add_option("--threads", o.threads, "default: all cores; the results do not depend on it")->type_name("N")
      ->check(CLI::Range(1, 256))->group("Training");
  app.add_flag("--compare", o.compare, "trains without normalization too, from the same weights")->group("Training");

  app.add_option("--evaluate-every", o.evaluate_every, "steps between tests; default: 20 tests in all")->type_name("N")
      ->check(CLI::PositiveNumber)->group("Output");
  app.add_option("--report", o.report, "folder for history.csv and the trained model")->type_name("DIR")->group("Output");
  app.add_option("--log", o.log, "writes a JSON line at every test")->type_name("FILE")->group("Output");
  app.add_option("--save", o.save, "writes the trained model (safetensors)")->type_name("FILE")->group("Output");

  auto* predict = app.add_option("--predict", o.predict, "a trained model: classifies the test images instead of training")
      ->type_name("FILE")->group("Prediction");
  app.add_option("--images", o.images, "classifies the images of this IDX file")->type_name("FILE")->needs(predict)
      ->group("Prediction");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return o;
}
