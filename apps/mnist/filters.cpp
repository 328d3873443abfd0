#include "filters.h"

#include "contact_sheet.h"

#include <gradus/core/check.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

namespace {

/// The kernel of the first layer that has one.
const Parameter& first_kernel(const ConstParameters& parameters) {
  const auto found =
      std::ranges::find_if(parameters, [](const Parameter& parameter) { return parameter.name().ends_with("kernel"); });
  check(found != parameters.end(), "[filters] expected a layer with a kernel, got none");
  return *found;
}

/// The weights of an output as an image: those of Conv2D (height, width, channels, filters) with the channels side by
/// side, those of Dense (784, units) as 28 x 28.
Tile tile_of(const Tensor& kernel, Index output) {
  const Shape& shape = kernel.shape();
  const bool convolution = shape.rank() == 4;
  const Index columns = convolution ? shape[1] : 28;
  const Index channels = convolution ? shape[2] : 1;
  const Index rows = kernel.size() / (columns * channels * shape[-1]);
  Tile tile{columns * channels, {}};
  for (Index row = 0; row < rows; ++row) {
    for (Index channel = 0; channel < channels; ++channel) {
      for (Index column = 0; column < columns; ++column) {
        const Index position = (row * columns + column) * channels + channel;
        tile.values.push_back(kernel.data()[position * shape[-1] + output]);
      }
    }
  }
  return tile;
}

}  // namespace

std::string filters_svg(const Layer& model) {
  constexpr Index most = 32;
  const Parameter& parameter = first_kernel(model.parameters());
  const Tensor& kernel = parameter.value();
  const Index outputs = kernel.shape()[-1];
  const Index shown = std::min(most, outputs);
  ContactSheet sheet{{fmt::format("Weights of the first layer: {} of {} {}", shown, outputs,
                                  kernel.shape().rank() == 4 ? "filters" : "units")},
                     {0x2166ac, 0xf7f7f7, 0xb2182b}};
  double range = 0;
  for (Index output = 0; output < shown; ++output) {
    sheet.tiles.push_back(tile_of(kernel, output));
    for (const double weight : sheet.tiles.back().values) range = std::max(range, std::abs(weight));
  }
  if (range == 0) range = 1;
  for (Tile& tile : sheet.tiles) {
    for (double& weight : tile.values) weight /= range;
  }
  sheet.legend = {fmt::format("{:.2g}", -range), "0", fmt::format("{:.2g}", range)};
  return to_svg(sheet);
}
