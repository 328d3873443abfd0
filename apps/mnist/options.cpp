#include "options.h"

#include "../command_line.h"

#include <gradus/core/about.h>

#include <CLI/CLI.hpp>

#include <cstdlib>

Options parse_options(int argc, char** argv) {
  Options o;
  CLI::App app{
      "Trains a classifier of handwritten digits, or two that differ in batch\n"
      "normalization only, and tells how fast and how well they learn. Without --data\n"
      "on the 6,000 digits that are built in."};
  app.set_version_flag("--version", gradus::about());
  app.get_formatter()->column_width(28);

  app.add_option("--data", o.data, "folder with the four MNIST files, raw or .gz")->type_name("DIR")->group("Data");
  app.add_flag("--fashion", o.fashion, "Fashion-MNIST, from --data or Debian's package")->group("Data");

  app.add_option("--hidden", o.hidden, "units of the hidden layers")
      ->delimiter(',')
      ->type_name("N,N,...")
      ->capture_default_str()
      ->group("Network");
  app.add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Network");
  app.add_option("--norm", o.norm, "none, batch, layer, group, rms")
      ->check(one_of("normalization", {"none", "batch", "layer", "group", "rms"}))
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Network");
  app.add_option("--dropout", o.dropout, "share of units dropped after each activation")
      ->type_name("RATE")
      ->capture_default_str()
      ->group("Network");
  CLI::Option* initializer = app.add_option("--initializer", o.initializer, "of the kernels, as random_normal(0.05)")
                                 ->type_name("NAME")
                                 ->capture_default_str()
                                 ->group("Network");
  app.add_flag("--pytorch", o.pytorch, "PyTorch's weights, norms and optimizers, not Keras's")
      ->excludes(initializer)
      ->group("Network");

  app.add_option("--optimizer", o.optimizer, "adam, adamw, nadam, rmsprop, adagrad, sgd")
      ->check(one_of("optimizer", {"adam", "adamw", "nadam", "rmsprop", "adagrad", "sgd"}))
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Training");
  app.add_option("--learning-rate", o.learning_rate, "default: 0.001, for sgd 0.01")
      ->type_name("RATE")
      ->check([](const std::string& text) {
        char* end = nullptr;
        return std::strtod(text.c_str(), &end) > 0 && *end == '\0' ? "" : "expected a number above 0, got " + text;
      })
      ->group("Training");
  app.add_option("--momentum", o.momentum, "of sgd")->type_name("SHARE")->capture_default_str()->group("Training");
  app.add_option("--epochs", o.epochs, "passes over the data")
      ->type_name("N")
      ->capture_default_str()
      ->group("Training");
  app.add_option("--steps", o.steps, "ends after so many steps, whatever the epochs")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->group("Training");
  app.add_option("--batch-size", o.batch_size, "samples per step")
      ->type_name("N")
      ->capture_default_str()
      ->group("Training");
  app.add_option("--seed", o.seed, "of weights, batches and dropout")
      ->type_name("N")
      ->capture_default_str()
      ->group("Training");
  app.add_option("--seeds", o.seeds, "repeats with so many seeds, from --seed on")
      ->type_name("N")
      ->check(CLI::Range(1, 1000).description(""))
      ->capture_default_str()
      ->group("Training");
  app.add_option("--threads", o.threads, "default: all cores; never changes the results")
      ->type_name("N")
      ->check(CLI::Range(1, 256).description(""))
      ->group("Training");
  app.add_flag("--profile", o.profile, "prints where the time of the steps went")->group("Training");
  app.add_flag("--compare", o.compare, "trains without normalization too")->group("Training");
  app.add_flag("--doctor", o.doctor, "says what is wrong with all this, and does not train")->group("Training");

  app.add_option("--evaluate-every", o.evaluate_every, "steps between tests; default: 20 tests in all")
      ->type_name("N")
      ->check(CLI::Validator(CLI::PositiveNumber).description(""))
      ->group("Output");
  app.add_option("--report", o.report, "folder for history.csv, confusion.csv and the model")
      ->type_name("DIR")
      ->group("Output");
  app.add_option("--log", o.log, "writes a JSON line at every test")->type_name("FILE")->group("Output");
  app.add_option("--save", o.save, "writes the trained model (safetensors)")->type_name("FILE")->group("Output");

  auto* predict = app.add_option("--predict", o.predict, "classifies the test images with a trained model")
                      ->type_name("FILE")
                      ->group("Prediction");
  app.add_option("--images", o.images, "classifies the images of this IDX file")
      ->type_name("FILE")
      ->needs(predict)
      ->group("Prediction");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  return o;
}
