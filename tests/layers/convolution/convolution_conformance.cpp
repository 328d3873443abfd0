// Convolutions and poolings of random geometry, compared with plain loops: values and gradients.
#include "support/compare.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace gradus;

namespace {

struct Geometry {
  Shape images;
  Size2D size = 1;
  Size2D strides = 1;
  Size2D dilation = 1;
  std::string padding;
  Index groups = 1;
  Index outputs = 1;
};

std::string to_string(const Geometry& g) {
  return fmt::format("images {}, window {} x {}, strides {} x {}, dilation {} x {}, padding {}, groups {}, outputs {}",
                     g.images, g.size.height, g.size.width, g.strides.height, g.strides.width, g.dilation.height,
                     g.dilation.width, g.padding, g.groups, g.outputs);
}

/// Positions of an axis that a window covers; those outside of the image are padding.
struct Axis {
  Index input, output, stride, dilation, before;

  Axis(Index positions, Index size, Index step, Index spread, const std::string& padding)
      : input(positions), stride(step), dilation(spread) {
    const Index extent = (size - 1) * dilation + 1;
    if (padding == "same") {
      output = (input + stride - 1) / stride;
      before = std::max<Index>((output - 1) * stride + extent - input, 0) / 2;
    } else {
      before = padding == "valid" ? 0 : std::stol(padding);
      output = input + 2 * before < extent ? 0 : (input + 2 * before - extent) / stride + 1;
    }
  }
  Index at(Index window, Index tap) const { return window * stride + tap * dilation - before; }
  bool inside(Index window, Index tap) const { return at(window, tap) >= 0 && at(window, tap) < input; }
};

/// Calls body(image, line, column, tap down, tap across) for every position within the image of every window.
template <class Body>
void for_taps(const Geometry& g, const Axis& down, const Axis& across, Body body) {
  for (Index n = 0; n < g.images[0]; ++n) {
    for (Index i = 0; i < down.output; ++i) {
      for (Index j = 0; j < across.output; ++j) {
        for (Index a = 0; a < g.size.height; ++a) {
          for (Index b = 0; b < g.size.width; ++b) {
            if (down.inside(i, a) && across.inside(j, b)) body(n, i, j, a, b);
          }
        }
      }
    }
  }
}

Index between(Generator& random, Index low, Index high) { return low + random.below(high - low + 1); }

Geometry draw_geometry(Generator& random) {
  Geometry g;
  g.groups = between(random, 1, 3);
  const bool by_channel = random.below(4) == 0;
  const Index channels = g.groups * between(random, 1, random.below(3) == 0 ? 20 : 3);
  if (by_channel) g.groups = channels;
  g.outputs =
      by_channel && random.below(3) > 0 ? channels : g.groups * between(random, 1, random.below(3) == 0 ? 40 : 5);
  g.size = {between(random, 1, 4), between(random, 1, 4)};
  g.strides = {between(random, 1, 3), between(random, 1, 3)};
  g.dilation = {between(random, 1, 3), between(random, 1, 3)};
  const char* const paddings[] = {"valid", "same", "0", "1", "3"};
  g.padding = paddings[random.below(5)];
  g.images = {between(random, 0, 3), between(random, 1, 11), between(random, 1, 17), channels};
  return g;
}

Tensor normal(const Shape& shape, Generator& random) { return Tensor::normal(shape, 0, 1, random); }

Tolerance tolerance_for(Index terms) {
  const double step = std::numeric_limits<Real>::epsilon();
  return {4 * step, 4 * step * std::sqrt(static_cast<double>(terms)) * 4};
}

}  // namespace

TEST_CASE("convolutions of random geometry are those of plain loops") {
  Generator random(31);
  int compared = 0;
  for (int i = 0; i < 400; ++i) {
    const Geometry g = draw_geometry(random);
    const Axis down(g.images[1], g.size.height, g.strides.height, g.dilation.height, g.padding);
    const Axis across(g.images[2], g.size.width, g.strides.width, g.dilation.width, g.padding);
    if (down.output < 1 || across.output < 1) continue;
    INFO(to_string(g));
    const Index group_channels = g.images[3] / g.groups;
    const Index group_outputs = g.outputs / g.groups;
    const Tensor x = normal(g.images, random);
    const Tensor kernel = normal({g.size.height, g.size.width, group_channels, g.outputs}, random);
    const Tensor bias = normal({g.outputs}, random);
    const Tensor dy = normal({g.images[0], down.output, across.output, g.outputs}, random);
    Tensor y = Tensor::zeros(dy.shape());
    Tensor dx = Tensor::zeros(x.shape());
    Tensor dkernel = Tensor::zeros(kernel.shape());
    for (Index k = 0; k < y.size(); ++k) y.data()[k] = bias.data()[k % g.outputs];
    for_taps(g, down, across, [&](Index n, Index row, Index column, Index a, Index b) {
      for (Index o = 0; o < g.outputs; ++o) {
        for (Index c = 0; c < group_channels; ++c) {
          const Index channel = o / group_outputs * group_channels + c;
          y(n, row, column, o) += x(n, down.at(row, a), across.at(column, b), channel) * kernel(a, b, c, o);
          dx(n, down.at(row, a), across.at(column, b), channel) += dy(n, row, column, o) * kernel(a, b, c, o);
          dkernel(a, b, c, o) += dy(n, row, column, o) * x(n, down.at(row, a), across.at(column, b), channel);
        }
      }
    });
    GradientTape tape;
    const Variable images = tape.watch(x);
    const Variable weights = tape.watch(kernel);
    const Variable result = conv2d(images, weights, bias, {g.strides, g.padding, g.dilation, g.groups});
    CHECK_EQ(difference(result.value(), y, tolerance_for(g.size.height * g.size.width * group_channels)), "");
    tape.backward(sum(result * dy));
    CHECK_EQ(difference(tape.gradient(images), dx, tolerance_for(g.size.height * g.size.width * group_outputs)), "");
    CHECK_EQ(difference(tape.gradient(weights), dkernel, tolerance_for(g.images[0] * down.output * across.output)), "");
    ++compared;
  }
  CHECK(compared > 250);
}

TEST_CASE("poolings of random geometry are those of plain loops") {
  Generator random(32);
  int compared = 0;
  for (int i = 0; i < 200; ++i) {
    Geometry g = draw_geometry(random);
    g.dilation = 1;
    if (g.padding == "3") g.padding = "1";
    const Axis down(g.images[1], g.size.height, g.strides.height, 1, g.padding);
    const Axis across(g.images[2], g.size.width, g.strides.width, 1, g.padding);
    const bool fits = down.output >= 1 && across.output >= 1;
    if (!fits || 2 * down.before > g.size.height || 2 * across.before > g.size.width) continue;
    INFO(to_string(g));
    const Index channels = g.images[3];
    const Tensor x = normal(g.images, random);
    const Shape shape{g.images[0], down.output, across.output, channels};
    Tensor maximum = Tensor::full(shape, -std::numeric_limits<Real>::infinity());
    Tensor mean = Tensor::zeros(shape);
    Tensor count = Tensor::zeros(shape);
    for_taps(g, down, across, [&](Index n, Index row, Index column, Index a, Index b) {
      for (Index c = 0; c < channels; ++c) {
        const Real value = x(n, down.at(row, a), across.at(column, b), c);
        maximum(n, row, column, c) = std::max(maximum(n, row, column, c), value);
        mean(n, row, column, c) += value;
        count(n, row, column, c) += 1;
      }
    });
    for (Index k = 0; k < mean.size(); ++k) mean.data()[k] /= count.data()[k];
    const Tensor dy = normal(shape, random);
    Tensor dmaximum = Tensor::zeros(x.shape());
    Tensor dmean = Tensor::zeros(x.shape());
    for_taps(g, down, across, [&](Index n, Index row, Index column, Index a, Index b) {
      for (Index c = 0; c < channels; ++c) {
        const Index line = down.at(row, a);
        const Index pixel = across.at(column, b);
        if (x(n, line, pixel, c) == maximum(n, row, column, c)) dmaximum(n, line, pixel, c) += dy(n, row, column, c);
        dmean(n, line, pixel, c) += dy(n, row, column, c) / count(n, row, column, c);
      }
    });
    GradientTape tape;
    const Variable images = tape.watch(x);
    const Variable of_maximum = max_pooling_2d(images, g.size, {g.strides, g.padding});
    CHECK_EQ(difference(of_maximum.value(), maximum, tolerance_for(1)), "");
    tape.backward(sum(of_maximum * dy));
    CHECK_EQ(difference(tape.gradient(images), dmaximum, tolerance_for(4)), "");
    GradientTape second;
    const Variable again = second.watch(x);
    const Variable of_mean = average_pooling_2d(again, g.size, {g.strides, g.padding});
    CHECK_EQ(difference(of_mean.value(), mean, tolerance_for(16)), "");
    second.backward(sum(of_mean * dy));
    CHECK_EQ(difference(second.gradient(again), dmean, tolerance_for(16)), "");
    ++compared;
  }
  CHECK(compared > 80);
}
