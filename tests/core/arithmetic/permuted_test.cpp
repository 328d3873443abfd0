#include <gradus/core/arithmetic/permuted.h>

#include "support/compare.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("permuted: errors") {
  for (const std::vector<int>& axes : {std::vector<int>{0}, {0, 0}, {0, 2}, {0, 1, 2}}) {
    CHECK_EQ(error_text<ShapeError>([&] {
               permuted(Tensor::ones({2, 3}), axes);
             }),
             fmt::format("[permuted] expected each of 2 axes once, got {{{}}}", fmt::join(axes, ", ")));
  }
}
