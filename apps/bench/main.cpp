// Times gradus. `bench --help` lists what it can time.
#include "data.h"
#include "mlp.h"
#include "ops.h"

#include <gradus/core/check.h>

#include <CLI/CLI.hpp>

#include <cstdio>

namespace {

constexpr const char* threads_help = "default: all cores";
constexpr const char* lines_help = "prints one JSON line per time";

void add_mlp(CLI::App& app, MlpOptions& o) {
  CLI::App* mlp = app.add_subcommand("mlp", "training steps of a multi-layer perceptron, on random data");
  mlp->add_option("--batch", o.batch, "samples per step")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--inputs", o.inputs, "features of a sample")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--hidden", o.hidden, "units of the hidden layers")->delimiter(',')->capture_default_str();
  mlp->add_option("--outputs", o.outputs, "classes")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")->capture_default_str();
  mlp->add_option("--norm", o.norm)->check(CLI::IsMember({"none", "batch", "layer"}))->capture_default_str();
  mlp->add_option("--optimizer", o.optimizer)->check(CLI::IsMember({"sgd", "adam"}))->capture_default_str();
  mlp->add_option("--dropout", o.dropout, "share of units dropped")->capture_default_str();
  mlp->add_option("--threads", o.threads, threads_help)->check(CLI::Range(1, 256));
  mlp->add_option("--steps", o.steps, "timed; the first fifth does not count")
      ->check(CLI::Range(5, 10'000'000))
      ->capture_default_str();
  mlp->add_flag("--json", o.json, "prints one JSON line");
  mlp->add_flag("--profile", o.profile, "prints where the time of a step goes, by operation")->excludes("--json");
  mlp->callback([&o] { bench_mlp(o); });
}

void add_ops(CLI::App& app, OpsOptions& o) {
  CLI::App* ops = app.add_subcommand("ops", "every kernel, beside a copy of memory or OpenBLAS");
  ops->add_option("--threads", o.threads, threads_help)->check(CLI::Range(1, 256));
  ops->add_option("--filter", o.filter, "only those whose group and name hold this text, such as \"relu\"");
  ops->add_flag("--json", o.json, lines_help);
  ops->callback([&o] { bench_ops(o); });
}

void add_data(CLI::App& app, DataOptions& o) {
  CLI::App* data = app.add_subcommand("data", "batches of the digits that are part of the library");
  data->add_option("--batch", o.batch, "samples per batch")->check(CLI::PositiveNumber)->capture_default_str();
  data->add_option("--data", o.data, "also of the full MNIST in this folder")->check(CLI::ExistingDirectory);
  data->add_flag("--json", o.json, lines_help);
  data->callback([&o] { bench_data(o); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Times gradus on this machine."};
  app.require_subcommand(1);
  MlpOptions mlp;
  OpsOptions ops;
  DataOptions data;
  add_mlp(app, mlp);
  add_ops(app, ops);
  add_data(app, data);
  try {
    app.parse(argc, argv);  // and runs the subcommand
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
