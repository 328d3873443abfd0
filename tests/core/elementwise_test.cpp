#include "support/compare.h"

#include <gradus/autograd/indexing/slice_kernels.h>
#include <gradus/core/kernels/elementwise.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

/// Element by element, with axes aligned at the last.
Tensor naive_difference(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(broadcast("test", a.shape(), b.shape()));
  for (Index i = 0; i < y.size(); ++i) {
    Index rest = i, at_a = 0, at_b = 0, stride_a = 1, stride_b = 1;
    for (int axis = 1; axis <= y.shape().rank(); ++axis) {
      const Index position = rest % y.shape()[-axis];
      rest /= y.shape()[-axis];
      if (axis <= a.shape().rank()) {
        at_a += a.shape()[-axis] == 1 ? 0 : position * stride_a;
        stride_a *= a.shape()[-axis];
      }
      if (axis <= b.shape().rank()) {
        at_b += b.shape()[-axis] == 1 ? 0 : position * stride_b;
        stride_b *= b.shape()[-axis];
      }
    }
    y.data()[i] = a.data()[at_a] - b.data()[at_b];
  }
  return y;
}

}  // namespace

TEST_CASE("zip agrees with the naive loop for all kinds of broadcasting") {
  Generator random(1);
  int pairs = 0;
  // All pairs of shapes with size 1 or n along each of up to 4 axes.
  std::vector<Shape> shapes;
  for (unsigned set = 0; set < 16; ++set) {
    Shape shape;
    for (const Index n : {2, 3, 5, 4}) shape = shape.append((set >> shape.rank() & 1) != 0 ? n : 1);
    for (; shape.rank() > 0; shape = shape.without_first()) shapes.push_back(shape);
  }
  shapes.push_back({});
  for (const Shape& left : shapes) {
    for (const Shape& right : shapes) {
      const Tensor a = Tensor::normal(left, 0, 1, random), b = Tensor::normal(right, 0, 1, random);
      const Tensor y = zip("test", a, b, [](Real u, Real v) { return u - v; });
      if (!same_bits(y, naive_difference(a, b))) FAIL_CHECK(to_string(left), " and ", to_string(right));
      ++pairs;
    }
  }
  CHECK(pairs == 65 * 65);
}

TEST_CASE("zip of large tensors, in chunks") {
  Generator random(2);
  const Tensor x = Tensor::uniform({1023, 517}, -1, 1, random);
  const Tensor all[] = {x, Tensor::uniform({517}, -1, 1, random), Tensor::uniform({1023, 1}, -1, 1, random),
                        Tensor::full({}, 2)};
  for (const Tensor& other : all) {
    const auto difference = [](Real u, Real v) { return u - v; };
    CHECK(same_bits(zip("test", x, other, difference), naive_difference(x, other)));
    CHECK(same_bits(zip("test", other, x, difference), naive_difference(other, x)));
  }
}

TEST_CASE("map and add_to") {
  const Tensor x = Tensor::from({1, -2, 3});
  CHECK(same_bits(map(x, [](Real v) { return v * v; }), Tensor::from({1, 4, 9})));
  Tensor sum = x.clone();
  add_to(sum, Tensor::from({10, 20, 30}));
  CHECK(same_bits(sum, Tensor::from({11, 18, 33})));
  Tensor many = Tensor::ones({1'000'000});
  add_to(many, many.clone());
  CHECK(same_bits(many, Tensor::full({1'000'000}, 2)));
}

TEST_CASE("copy_slice_out and copy_slice_in") {
  Tensor whole = Tensor::empty({3, 4, 2});
  for (Index i = 0; i < whole.size(); ++i) whole.data()[i] = static_cast<Real>(i);
  for (int axis = 0; axis < 3; ++axis) {
    Tensor part = Tensor::empty(whole.shape().with(axis, 1));
    copy_slice_out(whole, part, axis, 1);
    Tensor copy = Tensor::zeros(whole.shape());
    copy_slice_in(part, copy, axis, 1);
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < 4; ++j) {
        for (Index k = 0; k < 2; ++k) {
          const bool inside = (axis == 0 ? i : axis == 1 ? j : k) == 1;
          CHECK(copy.at({i, j, k}) == (inside ? whole.at({i, j, k}) : 0));
        }
      }
    }
  }
}
