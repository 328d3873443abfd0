#include "support/compare.h"

#include <gradus/core/arithmetic/arithmetic.h>
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <type_traits>

using namespace gradus;

TEST_CASE("arithmetic of tensors and numbers") {
  const Tensor a = Tensor::from({{1, 2}, {3, 4}}), b = Tensor::from({10, 20});
  const Tensor c = a + b * 2;
  CHECK(same_bits(c, Tensor::from({{21, 42}, {23, 44}})));
  CHECK(same_bits(b - a, Tensor::from({{9, 18}, {7, 16}})));
  CHECK(same_bits(b / a, Tensor::from({{10, 10}, {Real(10) / 3, 5}})));
  CHECK(same_bits(a * a, Tensor::from({{1, 4}, {9, 16}})));
  CHECK(same_bits(-a, Tensor::from({{-1, -2}, {-3, -4}})));
  CHECK(same_bits(1 + a, a + 1));
  CHECK(same_bits(1 - b, Tensor::from({-9, -19})));
  CHECK(same_bits(b - 1.0, Tensor::from({9, 19})));
  CHECK(same_bits(2 * b, Tensor::from({20, 40})));
  CHECK(same_bits(40 / b, Tensor::from({4, 2})));
  CHECK(same_bits(b / 10, Tensor::from({1, 2})));
  CHECK_EQ(error_text<ShapeError>([&] { a + Tensor::ones({3}); }),
           "[add] expected shapes that broadcast (equal or 1, from the last axis), got (2, 2) and (3,)");
  CHECK_EQ(error_text<ShapeError>([&] { a* Tensor(); }), "[multiply] expected two tensors, got an empty one");
}

TEST_CASE("a variable or a parameter among the operands makes a variable") {
  Parameter p("p", Tensor::from({1, 2}));
  const Tensor x = Tensor::from({3, 4});
  GradientTape tape;
  const Variable y = p * x + x * 2;
  static_assert(std::is_same_v<decltype(Variable(x) + x), Variable> && std::is_same_v<decltype(x - p), Variable> &&
                std::is_same_v<decltype(x / x), Tensor> && std::is_same_v<decltype(2 * x), Tensor>);
  CHECK(same_bits(y.value(), Tensor::from({9, 16})));
  tape.backward(sum(y));
  CHECK(same_bits(p.gradient(), x));
}
