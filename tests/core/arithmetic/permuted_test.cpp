#include <gradus/core/arithmetic/permuted.h>

#include "support/compare.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("permuted: every element of random shapes, with 0, 1 and primes, is where plain loops put it") {
  Generator generator(3);
  const Index choices[] = {0, 1, 2, 3, 5, 7};
  for (int round = 0; round < 200; ++round) {
    Shape shape;
    for (int axis = 0; axis < 4; ++axis) {
      shape = shape.append(choices[round % 10 == 0 ? generator.next() % 6 : 1 + generator.next() % 5]);
    }
    std::vector<int> axes{0, 1, 2, 3};
    for (std::size_t i = 3; i > 0; --i) std::swap(axes[i], axes[generator.next() % (i + 1)]);
    const Tensor x = Tensor::normal(shape, 0, 1, generator);
    const Tensor y = permuted(x, axes);
    for (int i = 0; i < 4; ++i) REQUIRE_EQ(y.shape()[i], shape[axes[static_cast<std::size_t>(i)]]);
    std::array<Index, 4> p{};
    for (p[0] = 0; p[0] < shape[0]; ++p[0]) {
      for (p[1] = 0; p[1] < shape[1]; ++p[1]) {
        for (p[2] = 0; p[2] < shape[2]; ++p[2]) {
          for (p[3] = 0; p[3] < shape[3]; ++p[3]) {
            const auto at = [&](std::size_t i) { return p[static_cast<std::size_t>(axes[i])]; };
            REQUIRE_EQ(y(at(0), at(1), at(2), at(3)), x(p[0], p[1], p[2], p[3]));
          }
        }
      }
    }
  }
  CHECK_EQ(permuted(Tensor::full({}, 3), {}).item(), 3);
}

TEST_CASE("permuted: errors") {
  for (const std::vector<int>& axes : {std::vector<int>{0}, {0, 0}, {0, 2}, {0, 1, 2}}) {
    CHECK_EQ(error_text<ShapeError>([&] {
               permuted(Tensor::ones({2, 3}), axes);
             }),
             fmt::format("[permuted] expected each of 2 axes once, got {{{}}}", fmt::join(axes, ", ")));
  }
}
