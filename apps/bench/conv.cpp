#include "conv.h"

#include "allocations.h"
#include "memory.h"
#include "timing.h"

#include <gradus/gradus.h>

#include <nlohmann/json.hpp>

#include <functional>
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

double median_ms(int steps, const std::function<void()>& step) {
  return 1e3 * percentile(seconds_of(steps, [&](int) { step(); }), 50);
}

/// The median time of a step, and the heap allocations after the first fifth.
std::pair<double, double> median_and_allocations(int steps, const std::function<void()>& step) {
  std::int64_t before = 0;
  const std::vector<double> seconds = seconds_of(steps, [&](int i) {
    if (i == steps / 5) before = heap_allocations();
    step();
  });
  return {1e3 * percentile(seconds, 50),
          static_cast<double>(heap_allocations() - before) / static_cast<double>(steps - steps / 5)};
}

Measured measure_layer(const ConvOptions& o, bool depthwise) {
  const Index groups = depthwise ? o.in : 1;
  const Index out = depthwise ? o.in : o.out;
  const Tensor x = Tensor::normal({o.batch, o.size, o.size, o.in});
  Parameter kernel("kernel", Tensor::normal({o.kernel, o.kernel, o.in / groups, out}));
  const Tensor dy = Tensor::normal({o.batch, o.size, o.size, out});
  const ConvolutionGeometry geometry{.padding = "same", .groups = groups};
  const double forward = median_ms(o.steps, [&] { conv2d(x, kernel.value(), {}, geometry); });
  const auto [both, allocations] = median_and_allocations(o.steps, [&] {
    GradientTape tape;
    const Variable images = tape.watch(x);
    tape.backward(with_gradient(conv2d(images, kernel, {}, geometry), dy));
  });
  const auto products = static_cast<double>(dy.size()) * static_cast<double>(o.kernel * o.kernel * o.in / groups);
  return {both, forward, 6e-9 * products, allocations};
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
  const auto step = [&] {
    GradientTape tape;
    tape.backward(softmax_cross_entropy(model(images, Mode::training), labels));
    optimizer.step(model.parameters());
  };
  if (o.profile) {
    Profile profile;
    for (int i = 0; i < o.steps; ++i) {
      profile.skip();
      step();
      profile.end_step();
    }
    fmt::print("{}", to_string(profile));
  }
  const auto [both, allocations] = median_and_allocations(o.steps, step);
  const auto positions = static_cast<double>(o.batch * o.size * o.size);
  const auto taps = static_cast<double>(o.kernel * o.kernel);
  const auto width = static_cast<double>(o.out);
  const double half = static_cast<double>((o.size / 2) * (o.size / 2));
  const double dense = static_cast<double>(o.batch) * (2 * width * half * 128 + 1280);
  const double products =
      2 * positions * taps * static_cast<double>(o.in) * width + 3 * positions * taps * width * 2 * width + 3 * dense;
  return {both, {}, 2e-9 * products, allocations};
}

}  // namespace

void bench_conv(const ConvOptions& o) {
  if (o.threads > 0) set_threads(o.threads);
  const Measured m = o.what == "net" ? measure_network(o) : measure_layer(o, o.what == "depthwise");
  const double rate = m.gigaflops / (1e-3 * m.both_ms);
  if (o.json) {
    nlohmann::ordered_json line{{"both_ms", m.both_ms}};
    if (m.forward_ms) line["forward_ms"] = *m.forward_ms;
    line.update({{"gflops", rate},
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
  fmt::print("{}  {:.3f} ms (median), {:.0f} GFLOP/s\nheap allocations  {:.2f} per step\npeak memory       {:.1f} MB\n",
             o.what == "net" ? "training step   " : "with backward   ", m.both_ms, rate, m.allocations, peak_rss_mb());
}
