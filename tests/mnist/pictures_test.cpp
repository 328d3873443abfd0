#include "mnist/filters.h"
#include "mnist/mistakes.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

/// What lies between two texts, for each place where both are.
std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end) {
  std::vector<std::string> found;
  for (std::size_t i = text.find(begin); i != std::string::npos; i = text.find(begin, i + 1)) {
    const std::size_t first = i + begin.size();
    found.push_back(text.substr(first, text.find(end, first) - first));
  }
  return found;
}

/// The strokes of each tile: colours and runs of pixels.
std::vector<std::string> strokes(const std::string& svg) {
  std::vector<std::string> tiles;
  for (const std::string& tile : between(svg, "<g class=\"tile\"", "</g></g>")) {
    std::string all;
    for (const std::string& path : between(tile, "<path stroke=\"", "\"/>")) all += path + "\n";
    tiles.push_back(all);
  }
  return tiles;
}

/// The lines of text.
std::vector<std::string> texts(const std::string& svg) {
  std::vector<std::string> lines;
  for (const std::string& line : between(svg, "<tspan ", "</tspan>")) lines.push_back(line.substr(line.find('>') + 1));
  return lines;
}

/// Scores of four classes: ten times the first four pixels.
Sequential reads_pixels() {
  Sequential model{Input{{784}}, Dense{4, {.use_bias = false, .kernel_initializer = "zeros"}}};
  Tensor& kernel = model.parameters()[0].value();
  for (Index k = 0; k < 4; ++k) kernel(k, k) = 10;
  return model;
}

}  // namespace

TEST_CASE("filters: the weights of a dense unit as an image of 28 x 28, on one scale") {
  Sequential model{Input{{784}}, Dense{3, {.kernel_initializer = "zeros"}}, Dense{40}};
  Tensor& kernel = model.parameters()["dense.kernel"].value();
  kernel(3 * 28 + 5, 1) = 2;
  kernel(3 * 28 + 6, 1) = 2;
  kernel(27, 2) = -4;
  const std::string svg = filters_svg(model);
  CHECK_EQ(strokes(svg), std::vector<std::string>{"", "#d2808a\" d=\"M5 3h2\n", "#2166ac\" d=\"M27 0h1\n"});
  CHECK_EQ(texts(svg), std::vector<std::string>{"Weights of the first layer: 3 of 3 units", "-4", "0", "4"});
}

TEST_CASE("filters: the channels of a convolution's filter side by side; the first 32") {
  Sequential model{Input{{4, 4, 2}}, Conv2D{33, {2, 3}, {.kernel_initializer = "zeros"}}, Flatten{}, Dense{2}};
  Tensor& kernel = model.parameters()["conv2d.kernel"].value();
  kernel(1, 2, 1, 31) = 0.5;
  kernel(0, 1, 0, 0) = 0.25;
  const std::string svg = filters_svg(model);
  const std::vector<std::string> tiles = strokes(svg);
  REQUIRE_EQ(tiles.size(), 32);
  CHECK(tiles[0].ends_with("M1 0h1\n"));
  CHECK_EQ(tiles[31], "#b2182b\" d=\"M5 1h1\n");
  CHECK_EQ(svg.find("nan"), std::string::npos);
  CHECK_EQ(texts(svg), std::vector<std::string>{"Weights of the first layer: 32 of 33 filters", "-0.5", "0", "0.5"});
}

TEST_CASE("filters: weights of 0, and no layer with a kernel") {
  const std::string svg = filters_svg(Sequential{Input{{784}}, Dense{2, {.kernel_initializer = "zeros"}}});
  CHECK_EQ(strokes(svg), std::vector<std::string>{"", ""});
  CHECK_EQ(texts(svg), std::vector<std::string>{"Weights of the first layer: 2 of 2 units", "-1", "0", "1"});
  CHECK_THROWS_WITH_AS(filters_svg(Sequential{Input{{784}}, Activation{"relu"}}),
                       "[filters] expected a layer with a kernel, got none", ValueError);
}

TEST_CASE("mistakes: the highest loss first, with prediction, true class and probability") {
  Tensor images = Tensor::zeros({4, 784});
  images(0, 1) = 0.5;        // taken for 1, with a loss of 5.02
  images(1, 2) = 1;          // taken for 2, 10.0
  images(2, 3) = 1;          // right
  images(3, 0) = Real(0.1);  // taken for 0, 1.7
  images(3, 783) = 1;
  const Dataset data(images, Tensor::from({3, 0, 3, 2}), 4);
  const std::string svg = mistakes_svg(reads_pixels(), data);
  CHECK_EQ(texts(svg), std::vector<std::string>{"3 of 3 mistakes in 4 test images, the highest",
                                                "loss first: class predicted (true class), probability", "2 (0)",
                                                "100 %", "1 (3)", "98 %", "0 (2)", "48 %"});
  const std::vector<std::string> tiles = strokes(svg);
  REQUIRE_EQ(tiles.size(), 3);
  CHECK_EQ(tiles[0], "#000000\" d=\"M2 0h1\n");
  CHECK(tiles[1].ends_with("M1 0h1\n"));
  CHECK(tiles[2].find("#000000\" d=\"M27 27h1\n") != std::string::npos);
}

TEST_CASE("mistakes: at most 40, none without mistakes, and outputs of NaN are none") {
  Tensor images = Tensor::zeros({50, 784});
  for (Index i = 0; i < 50; ++i) images(i, 1) = 1;
  const std::string many = mistakes_svg(reads_pixels(), Dataset(images, Tensor::zeros({50}), 4));
  CHECK_EQ(strokes(many).size(), 40);
  CHECK_EQ(texts(many).front(), "40 of 50 mistakes in 50 test images, the highest");
  const Dataset right(images, Tensor::full({50}, 1), 4);
  CHECK_EQ(texts(mistakes_svg(reads_pixels(), right)).size(), 2);
  Sequential broken = reads_pixels();
  broken.parameters()[0].value().fill(std::numeric_limits<Real>::quiet_NaN());
  CHECK_EQ(texts(mistakes_svg(broken, right)).front(), "0 of 0 mistakes in 50 test images, the highest");
}
