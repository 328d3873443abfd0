#include "support/compare.h"

#include <gradus/autograd/reductions/axes.h>

#include <doctest/doctest.h>

#include <array>

using namespace gradus;

TEST_CASE("axes") {
  const Shape shape{2, 3, 4};
  using Flags = std::array<bool, Shape::max_rank>;
  CHECK(Axes{0, -1}.flags("sum", shape) == Flags{true, false, true});
  CHECK(Axes{2, 1}.flags("sum", shape) == Flags{false, true, true});
  CHECK(Axes{-3}.flags("sum", shape) == Flags{true});
  CHECK(Axes({}).flags("sum", shape) == Flags{});
  CHECK_EQ(error_text<ShapeError>([&] { Axes{3}.flags("sum", shape); }),
           "[sum] expected axes of a tensor of shape (2, 3, 4), got 3");
  CHECK_EQ(error_text<ShapeError>([&] { Axes{-4}.flags("sum", shape); }),
           "[sum] expected axes of a tensor of shape (2, 3, 4), got -4");
  CHECK_EQ(error_text<ShapeError>([&] {
             Axes{1, -2}.flags("mean", shape);
           }),
           "[mean] expected every axis once, got -2 twice");
  CHECK_EQ(error_text<ShapeError>([&] { Axes{0}.flags("max", {}); }),
           "[max] expected axes of a tensor of shape (), got 0");
  CHECK_EQ(error_text<ShapeError>([] { Axes{0, 1, 2, 3, 4, 5, 6}; }), "[axes] expected at most 6 axes, got 7");
}

TEST_CASE("reduced shapes") {
  const Shape shape{2, 3, 4};
  CHECK(reduced_shape(shape, {false, true, false}, KeepDims::no) == Shape{2, 4});
  CHECK(reduced_shape(shape, {false, true, false}, KeepDims::yes) == Shape{2, 1, 4});
  CHECK(reduced_shape(shape, {true, true, true}, KeepDims::no) == Shape{});
  CHECK(reduced_shape(shape, {}, KeepDims::no) == shape);
}
