#include <gradus/train/doctor/initial_weights.h>

#include <gradus/layers/initializers.h>
#include <gradus/train/doctor/examination.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

bool is_kernel(const Parameter& weight) { return weight.shape().rank() > 1; }

/// By the kernel, whose last axes are inputs and outputs.
Fans fans_of(Layer& layer) {
  for (const Parameter& weight : layer.parameters()) {
    if (!is_kernel(weight)) continue;
    const Shape& shape = weight.shape();
    const Index positions = shape.size() / (shape[-2] * shape[-1]);
    return {positions * shape[-2], positions * shape[-1]};
  }
  return {};
}

std::string initializer_of(const Layer& layer, const Parameter& weight) {
  return option_of<std::string>(layer, is_kernel(weight) ? "kernel_initializer" : "bias_initializer", "zeros");
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

void draw_weights(Layer& layer, const std::string& kernel_initializer, const std::string& bias_initializer) {
  for (Parameter& weight : layer.parameters()) {
    if (!weight.trainable()) continue;
    const std::string& initializer = is_kernel(weight) ? kernel_initializer : bias_initializer;
    weight.value().copy_from(initial_values("diagnose", initializer, weight.shape(), fans_of(layer)));
  }
}

std::vector<Layer*> drawn_layers(Layer& model) {
  std::vector<Layer*> layers;
  Children all = model.descendants();
  all.push_back({"", model});
  for (const Child& child : all) {
    if (!has_kernel(child.layer) || !child.layer.built()) continue;
    for (const Parameter& weight : child.layer.parameters()) {
      const Tensor drawn =
          initial_values("diagnose", initializer_of(child.layer, weight), weight.shape(), fans_of(child.layer));
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
    draw_weights(*layer, option_of<std::string>(*layer, "kernel_initializer"),
                 option_of<std::string>(*layer, "bias_initializer", "zeros"));
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
