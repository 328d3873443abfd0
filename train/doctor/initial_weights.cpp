#include <gradus/train/doctor/initial_weights.h>

#include <gradus/layers/dense.h>
#include <gradus/layers/initializers.h>
#include <gradus/layers/registry/config_reader.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

bool is_kernel(const Parameter& weight) { return weight.shape().rank() == 2; }

Tensor draw(const Layer& dense, const Parameter& weight, const std::string& initializer) {
  const Fans fans{dense.input_shape()[-1], dense.output_shape()[-1]};
  return initial_values("diagnose", initializer, weight.shape(), fans);
}

struct Size {
  double mean = 0, root_mean_square = 0, largest = 0;
};

Size size_of(std::span<const Real> values) {
  const auto n = static_cast<double>(values.size());
  Size size;
  for (const Real v : values) {
    size.mean += v / n;
    size.root_mean_square += double{v} * v / n;
    size.largest = std::max(size.largest, std::abs(double{v}));
  }
  size.root_mean_square = std::sqrt(size.root_mean_square);
  return size;
}

/// Within five deviations of what a draw gives, where both are draws.
bool looks_drawn(std::span<const Real> values, std::span<const Real> drawn) {
  if (std::ranges::all_of(drawn, [&](Real v) { return v == drawn[0]; })) return std::ranges::equal(values, drawn);
  const Size size = size_of(values), usual = size_of(drawn);
  const auto n = static_cast<double>(values.size());
  const double spread = usual.root_mean_square * std::sqrt(2 / n);
  const bool many = n >= 64;
  return std::abs(size.mean - usual.mean) < 5 * spread &&
         std::abs(size.root_mean_square - usual.root_mean_square) < 5 * spread &&
         (!many || size.largest < 1.5 * usual.largest);
}

}  // namespace

void draw_weights(Layer& dense, const std::string& kernel_initializer, const std::string& bias_initializer) {
  for (Parameter& weight : dense.parameters()) {
    if (!weight.trainable()) continue;
    weight.value().copy_from(draw(dense, weight, is_kernel(weight) ? kernel_initializer : bias_initializer));
  }
}

std::vector<Layer*> drawn_layers(Layer& model) {
  std::vector<Layer*> layers;
  Children all = model.descendants();
  all.push_back({"", model});
  for (const Child& child : all) {
    if (dynamic_cast<Dense*>(&child.layer) == nullptr || !child.layer.built()) continue;
    const auto options = options_of<DenseOptions>(child.layer.config());
    for (const Parameter& weight : child.layer.parameters()) {
      const std::string& initializer = is_kernel(weight) ? options.kernel_initializer : options.bias_initializer;
      const Tensor drawn = draw(child.layer, weight, initializer);
      if (!weight.trainable() || !looks_drawn(weight.value().values(), drawn.values())) return {};
    }
    layers.push_back(&child.layer);
  }
  return layers;
}

void draw_anew(std::span<Layer* const> layers, std::uint64_t seed) {
  const KeepGenerator keep;
  default_generator() = Generator(seed, 1);  // another stream than that of batches and masks
  for (Layer* layer : layers) {
    const auto options = options_of<DenseOptions>(layer->config());
    draw_weights(*layer, options.kernel_initializer, options.bias_initializer);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
