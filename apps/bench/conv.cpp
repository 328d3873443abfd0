#include "conv.h"

#include "memory.h"
#include "peak.h"
#include "steps.h"

#include <gradus/gradus.h>

#include <nlohmann/json.hpp>

#include <optional>

using namespace gradus;

namespace {

struct Measured {
  double both_ms;                    // forward and backward, or a whole step
  std::optional<double> forward_ms;  // alone
  double gigaflops;                  // of the convolutions and products in both_ms
  double allocations;                // per step
};

/// A number whose gradient with respect to y is dy.
Variable with_gradient(const Variable& y, const Tensor& dy) {
  return record("with_gradient", Tensor::zeros({}), {y}, [dy](const Tensor&, Gradients& d) { d.set(0, dy); });
}

Measured measure_layer(const ConvOptions& o, bool depthwise) {
  const Index groups = depthwise ? o.in : 1;
  const Index out = depthwise ? o.in : o.out;
  const Tensor x = Tensor::normal({o.batch, o.size, o.size, o.in});
  Parameter kernel("kernel", Tensor::normal({o.kernel, o.kernel, o.in / groups, out}));
  const Tensor dy = Tensor::normal({o.batch, o.size, o.size, out});
  const ConvolutionGeometry geometry{.padding = "same", .groups = groups};
  const double forward = measure_steps(o.steps, [&](int) { conv2d(x, kernel.value(), {}, geometry); }).milliseconds(50);
  const MeasuredSteps steps = measure_steps(o.steps, [&](int) {
    GradientTape tape;
    const Variable images = tape.watch(x);
    tape.backward(with_gradient(conv2d(images, kernel, {}, geometry), dy));
  });
  const auto products = static_cast<double>(dy.size()) * static_cast<double>(o.kernel * o.kernel * o.in / groups);
  return {steps.milliseconds(50), forward, 6e-9 * products, steps.allocations};
}

Measured measure_network(const ConvOptions& o) {
  set_seed(0);
  const Conv2DOptions same{.padding = "same", .use_bias = false};
  Sequential model(Conv2D{o.out, o.kernel, same}, BatchNormalization{}, Activation{"relu"},
                   Conv2D{2 * o.out, o.kernel, same}, BatchNormalization{}, Activation{"relu"}, MaxPooling2D{},
                   Dropout{0.25}, Flatten{}, Dense{128, {.activation = "relu"}}, Dense{10});
  Adam optimizer;
  const Tensor images = Tensor::normal({o.batch, o.size, o.size, o.in});
  Tensor labels = Tensor::empty({o.batch});
  for (Real& label : labels.values()) label = static_cast<Real>(default_generator().below(10));
  const auto step = [&](int) {
    GradientTape tape;
    tape.backward(softmax_cross_entropy(model(images, Mode::training), labels));
    optimizer.step(model.parameters());
  };
  if (o.profile) print_profile(o.steps, step);
  const MeasuredSteps steps = measure_steps(o.steps, step);
  const auto positions = static_cast<double>(o.batch * o.size * o.size);
  const auto taps = static_cast<double>(o.kernel * o.kernel);
  const auto width = static_cast<double>(o.out);
  const double half = static_cast<double>((o.size / 2) * (o.size / 2));
  const double dense = static_cast<double>(o.batch) * (2 * width * half * 128 + 1280);
  const double products =
      2 * positions * taps * static_cast<double>(o.in) * width + 3 * positions * taps * width * 2 * width + 3 * dense;
  return {steps.milliseconds(50), {}, 2e-9 * products, steps.allocations};
}

}  // namespace

void bench_conv(const ConvOptions& o) {
  if (o.threads > 0) set_threads(o.threads);
  const Measured m = o.what == "net" ? measure_network(o) : measure_layer(o, o.what == "depthwise");
  const double rate = m.gigaflops / (1e-3 * m.both_ms);
  const double share = 1e9 * rate / peak_rate();
  if (o.json) {
    nlohmann::ordered_json line{{"both_ms", m.both_ms}};
    if (m.forward_ms) line["forward_ms"] = *m.forward_ms;
    line.update({{"gflops", rate},
                 {"share_of_peak", share},
                 {"allocations_per_step", m.allocations},
                 {"peak_rss_mb", peak_rss_mb()},
                 {"threads", threads()},
                 {"what", o.what},
                 {"batch", o.batch},
                 {"size", o.size},
                 {"in", o.in},
                 {"out", o.out},
                 {"kernel", o.kernel},
                 {"steps", o.steps}});
    fmt::print("{}\n", line.dump());
    return;
  }
  fmt::print("{}\n\n", about());
  if (m.forward_ms) fmt::print("forward           {:.3f} ms (median)\n", *m.forward_ms);
  fmt::print(
      "{}  {:.3f} ms (median), {:.0f} GFLOP/s, {:.0f} % of the peak\nheap allocations  {:.2f} per step\npeak memory    "
      "   {:.1f} MB\n",
      o.what == "net" ? "training step   " : "with backward   ", m.both_ms, rate, 100 * share, m.allocations,
      peak_rss_mb());
}
