// Benchmarks of gradus. `bench --help` lists them.
#include "conv.h"
#include "data.h"
#include "mlp.h"
#include "ops.h"

#include "../command_line.h"
#include "../optimizers.h"
#include "../perceptron.h"

namespace {

constexpr const char* threads_help = "default: all cores";
constexpr const char* lines_help = "print a JSON line for each time";

/// What the benchmarks of training steps have in common.
template <class Options>
void add_steps(CLI::App& bench, Options& o, const char* profile_help) {
  bench.add_option("--threads", o.threads, threads_help)->check(CLI::Range(1, 256));
  bench.add_option("--steps", o.steps, "number of steps; the first fifth is not counted")
      ->check(CLI::Range(5, 10'000'000))
      ->capture_default_str();
  bench.add_flag("--json", o.json, "print a JSON line");
  bench.add_flag("--profile", o.profile, profile_help)->excludes("--json");
}

void add_mlp(CLI::App& app, MlpOptions& o) {
  CLI::App* mlp = app.add_subcommand("mlp", "training steps of a multi-layer perceptron, on random data");
  mlp->add_option("--batch", o.batch, "samples per step")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--inputs", o.inputs, "features of a sample")->check(CLI::PositiveNumber)->capture_default_str();
  add_units(*mlp, "--hidden", o.hidden, "units of the hidden layers");
  mlp->add_option("--outputs", o.outputs, "classes")->check(CLI::PositiveNumber)->capture_default_str();
  mlp->add_option("--activation", o.activation, "relu, sigmoid, tanh, gelu, ...")->capture_default_str();
  add_name(*mlp, "--norm", o.norm, "normalization", normalization_names());
  add_name(*mlp, "--optimizer", o.optimizer, "optimizer", optimizer_names());
  mlp->add_option("--dropout", o.dropout, "share of units to drop after each activation")->capture_default_str();
  add_steps(*mlp, o, "print the time of each operation in a step");
  mlp->callback([&o] { bench_mlp(o); });
}

void add_conv(CLI::App& app, ConvOptions& o) {
  CLI::App* conv = app.add_subcommand("conv", "a convolution, or training steps of a convolutional network");
  conv->add_option("--what", o.what, "net: a training step; conv, depthwise: forward and backward of one layer")
      ->check(CLI::IsMember({"net", "conv", "depthwise"}))
      ->capture_default_str();
  const auto size = [&](const char* name, gradus::Index& value, const char* help) {
    conv->add_option(name, value, help)->check(CLI::Range(1, 100'000))->capture_default_str();
  };
  size("--batch", o.batch, "images per step");
  size("--size", o.size, "height and width of the images");
  size("--in", o.in, "channels of the images");
  size("--out", o.out, "filters; the second convolution of net has twice as many");
  size("--kernel", o.kernel, "height and width of the kernel");
  add_steps(*conv, o, "print the time of each operation in a step of net");
  conv->callback([&o] { bench_conv(o); });
}

void add_ops(CLI::App& app, OpsOptions& o) {
  CLI::App* ops = app.add_subcommand(
      "ops", "every kernel, compared with a copy of memory or with the peak of the arithmetic units");
  ops->add_option("--threads", o.threads, threads_help)->check(CLI::Range(1, 256));
  ops->add_option("--filter", o.filter, "only the kernels with this text in their group or name, such as \"relu\"");
  ops->add_flag("--json", o.json, lines_help);
  ops->callback([&o] { bench_ops(o); });
}

void add_data(CLI::App& app, DataOptions& o) {
  CLI::App* data = app.add_subcommand("data", "loading of batches, from the built-in digits");
  data->add_option("--batch", o.batch, "samples per batch")->check(CLI::PositiveNumber)->capture_default_str();
  data->add_option("--data", o.data, "also from the MNIST files in this folder")->check(CLI::ExistingDirectory);
  data->add_flag("--json", o.json, lines_help);
  data->callback([&o] { bench_data(o); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures the speed of gradus on this machine."};
  app.require_subcommand(1);
  MlpOptions mlp;
  ConvOptions conv;
  OpsOptions ops;
  DataOptions data;
  add_mlp(app, mlp);
  add_conv(app, conv);
  add_ops(app, ops);
  add_data(app, data);
  return run_program("bench", [&] {
    parse(app, argc, argv);  // also runs the subcommand
    return 0;
  });
}
