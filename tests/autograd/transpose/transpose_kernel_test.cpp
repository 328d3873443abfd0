#include "support/compare.h"

#include <gradus/autograd/transpose/transpose_kernel.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("transposed") {
  Generator random(3);
  for (const Shape& shape : {Shape{1, 1}, Shape{1, 40}, Shape{40, 1}, Shape{16, 16}, Shape{17, 33}, Shape{0, 3}}) {
    const Tensor x = Tensor::normal(shape, 0, 1, random);
    const Tensor y = transposed("test", x);
    CHECK(y.shape() == Shape{shape[1], shape[0]});
    for (Index i = 0; i < shape[0]; ++i) {
      for (Index j = 0; j < shape[1]; ++j) CHECK(y.at({j, i}) == x.at({i, j}));
    }
  }
  CHECK_EQ(error_text<ShapeError>([] {
             transposed("here", Tensor::zeros({2, 3, 4}));
           }),
           "[here] expected a matrix, got shape (2, 3, 4)");
}
