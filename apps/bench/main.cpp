// Times gradus. `bench --help` lists what it can time.
#include "mlp.h"

#include <gradus/core/check.h>

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  CLI::App app{"Times gradus on this machine."};
  app.require_subcommand(1);

  MlpOptions o;
  CLI::App* mlp = app.add_subcommand("mlp", "training steps of a multi-layer perceptron, on random data");
  mlp->add_option("--batch", o.batch, "samples per step")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--inputs", o.inputs, "features of a sample")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--hidden", o.hidden, "units of the hidden layers")->delimiter(',')->capture_default_str();
  mlp->add_option("--outputs", o.outputs, "classes")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")->capture_default_str();
  mlp->add_option("--norm", o.norm)->check(CLI::IsMember({"none", "batch", "layer"}))->capture_default_str();
  mlp->add_option("--optimizer", o.optimizer)->check(CLI::IsMember({"sgd", "adam"}))->capture_default_str();
  mlp->add_option("--dropout", o.dropout, "share of units dropped")->capture_default_str();
  mlp->add_option("--threads", o.threads, "default: all cores")->check(CLI::Range(1, 256));
  mlp->add_option("--steps", o.steps, "timed; the first fifth does not count")
      ->check(CLI::Range(5, 10'000'000))
      ->capture_default_str();
  mlp->add_flag("--json", o.json, "prints one JSON line");
  mlp->add_flag("--profile", o.profile, "prints where the time of a step goes, by operation")->excludes("--json");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  try {
    bench_mlp(o);
    return 0;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
