#include "support/compare.h"

#include <gradus/core/tensor.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

using namespace gradus;

TEST_CASE("an empty tensor") {
  const Tensor nothing;
  CHECK_FALSE(nothing.defined());
  CHECK(nothing.size() == 0);
  CHECK(nothing.values().empty());
  CHECK_FALSE(nothing.clone().defined());
  CHECK_EQ(error_text<ShapeError>([&] { nothing.item(); }), "[item] expected a tensor of one element, got shape ()");
}

TEST_CASE("tensors from numbers") {
  CHECK(Tensor::zeros({2, 3}).at({1, 2}) == 0);
  CHECK(Tensor::ones({2}).at({1}) == 1);
  CHECK(Tensor::full({}, 7).item() == 7);
  const Tensor row = Tensor::from({1, 2, 3});
  CHECK(row.shape() == Shape{3});
  CHECK(row.at({2}) == 3);
  const Tensor matrix = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  CHECK(matrix.shape() == Shape{2, 3});
  CHECK(matrix.at({1, 0}) == 4);
  CHECK(Tensor::from({{1}, {2}}).shape() == Shape{2, 1});
  CHECK(Tensor::from({{1}}).shape() == Shape{1, 1});
  CHECK(same_bits(matrix, Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6})));
  const std::vector<Real> numbers{1, 2, 3, 4, 5, 6};
  CHECK(same_bits(matrix, Tensor::from({2, 3}, numbers)));
  CHECK_EQ(error_text<ShapeError>([&] {
             Tensor::from({2, 2}, numbers);
           }),
           "[from] expected 4 values for shape (2, 2), got 6");
  CHECK_EQ(error_text<ShapeError>([] {
             Tensor::from({{1, 2}, {3}});
           }),
           "[from] expected rows of equal length, got 2 and 1");
}

TEST_CASE("every new tensor is aligned to 64 bytes") {
  for (const Index n : {0, 1, 3, 17, 1000, 100'000}) {
    const Tensor x = Tensor::empty({n});
    CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  }
}

TEST_CASE("copies share, clones do not") {
  Tensor a = Tensor::from({1, 2, 3});
  CHECK(a.unique());
  Tensor shared = a;
  CHECK_FALSE(a.unique());
  const Tensor clone = a.clone();
  shared.data()[0] = 9;
  CHECK(a.at({0}) == 9);
  CHECK(clone.at({0}) == 1);
  a.fill(5);
  CHECK(same_bits(shared, Tensor::full({3}, 5)));
  shared.copy_from(clone);
  CHECK(same_bits(a, Tensor::from({1, 2, 3})));
  CHECK_EQ(error_text<ShapeError>([&] {
             a.copy_from(Tensor::zeros({1, 3}));
           }),
           "[copy_from] expected shape (3,), got (1, 3)");
}

TEST_CASE("item and at") {
  const Tensor x = Tensor::from({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.at({1, 0, 2}) == 6);
  CHECK(Tensor::from({{4}}).item() == 4);
  CHECK_EQ(error_text<ShapeError>([&] { x.item(); }), "[item] expected a tensor of one element, got shape (2, 1, 3)");
  CHECK_EQ(error_text<ShapeError>([&] { x.at({1, 0}); }), "[at] expected 3 indices for shape (2, 1, 3), got 2");
  CHECK_EQ(error_text<ShapeError>([&] { x.at({2, 0, 0}); }), "[at] expected an index below 2 along axis 0, got 2");
  CHECK_EQ(error_text<ShapeError>([&] { x.at({0, 0, -1}); }), "[at] expected an index below 3 along axis 2, got -1");
}

TEST_CASE("elements by index, for reading and writing") {
  Tensor x = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  CHECK(x(1, 0) == 4);
  x(1, std::size_t{2}) = 7;
  CHECK(x.values()[5] == 7);
  CHECK(std::as_const(x)(1, 2) == 7);
  CHECK(Tensor::full({}, 3)() == 3);
  static_assert(std::is_same_v<decltype(std::declval<Tensor>()(0)), Real>);  // of a temporary: not a reference
  CHECK_EQ(error_text<ShapeError>([&] { x(2, 0) = 1; }), "[at] expected an index below 2 along axis 0, got 2");
  CHECK_EQ(error_text<ShapeError>([&] { x(0); }), "[at] expected 2 indices for shape (2, 3), got 1");
}

TEST_CASE("a tensor that was moved from, or has no elements, is not read") {
  Tensor x = Tensor::from({{1, 2}});
  const Tensor taken = std::move(x);
  const std::string empty = "[at] expected a tensor with elements, got an empty one";
  CHECK_EQ(error_text<ShapeError>([&] { x.at({0, 1}); }), empty);  // NOLINT(bugprone-use-after-move)
  CHECK_EQ(error_text<ShapeError>([&] { x(0, 1) = 2; }), empty);
  CHECK_EQ(error_text<ShapeError>([] { Tensor().at({}); }), empty);
  CHECK_EQ(error_text<ShapeError>([&] { Tensor::full({}, 1).copy_from({}); }),
           "[copy_from] expected shape (), got () without elements");
  CHECK_EQ(error_text<ShapeError>([&] {
             Tensor::ones({1, 2}).copy_from(x);
           }),
           "[copy_from] expected shape (1, 2), got (1, 2) without elements");
}

TEST_CASE("reshape is a view") {
  Tensor x = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  Tensor view = x.reshape({3, 2});
  CHECK(view.data() == x.data());
  CHECK(view.at({1, 0}) == 3);
  CHECK(x.reshape(Shape{6}).at({5}) == 6);
  CHECK(x.reshape({-1}).shape() == Shape{6});
  CHECK(x.reshape({3, -1}).shape() == Shape{3, 2});
  CHECK(x.reshape({-1, 2, 1}).shape() == Shape{3, 2, 1});
  CHECK(Tensor::full({1}, 3).reshape({}).shape() == Shape{});
  CHECK(Tensor::zeros({0, 3}).reshape({-1, 3}).shape() == Shape{0, 3});
  CHECK(Tensor::zeros({0, 3}).reshape({3, 0}).shape() == Shape{3, 0});
  CHECK_EQ(error_text<ShapeError>([&] {
             x.reshape({4, 2});
           }),
           "[reshape] expected a shape of 6 elements like (2, 3), got (4, 2)");
  CHECK_EQ(error_text<ShapeError>([&] {
             x.reshape({4, -1});
           }),
           "[reshape] expected a shape of 6 elements like (2, 3), got (4, 1)");
  const std::string sizes = "[reshape] expected sizes of at least 0 and at most one -1, got ";
  CHECK_EQ(error_text<ShapeError>([&] { x.reshape({-1, -1}); }), sizes + "-1");
  CHECK_EQ(error_text<ShapeError>([&] { x.reshape({-2, 3}); }), sizes + "-2");
  constexpr Index huge = Index{1} << 32;  // whose square is 0 modulo 2^64
  CHECK_EQ(error_text<ShapeError>([&] {
             Tensor::zeros({0}).reshape({huge, huge});
           }),
           fmt::format("[shape] expected at most 35184372088832 bytes of elements, got (4294967296, 4294967296) with "
                       "{:.4g} bytes",
                       0x1p64 * sizeof(Real)));
}

TEST_CASE("rows and windows are views that keep the storage alive") {
  Tensor x = Tensor::from({{1, 2}, {3, 4}, {5, 6}});
  Tensor middle = x.rows(1, 2);
  CHECK(middle.shape() == Shape{1, 2});
  middle.data()[0] = 30;
  CHECK(x.at({1, 0}) == 30);
  CHECK(x.rows(1, 1).size() == 0);
  CHECK(x.rows(3, 3).shape() == Shape{0, 2});
  CHECK(same_bits(x.rows(0, 3), x));
  const Tensor window = x.window(1, {2, 2});
  CHECK(same_bits(window, Tensor::from({{2, 30}, {4, 5}})));
  CHECK_FALSE(x.unique());
  x = {};
  CHECK(window.at({1, 1}) == 5);
  CHECK(Tensor::zeros({0, 4}).rows(0, 0).shape() == Shape{0, 4});
  const Tensor y = Tensor::zeros({3, 2});
  CHECK_EQ(error_text<ShapeError>([&] { y.rows(2, 4); }),
           "[rows] expected a range within the first axis of (3, 2), got [2, 4)");
  CHECK_EQ(error_text<ShapeError>([&] { y.rows(2, 1); }),
           "[rows] expected a range within the first axis of (3, 2), got [2, 1)");
  CHECK_EQ(error_text<ShapeError>([&] { Tensor::full({}, 1).rows(0, 1); }),
           "[rows] expected a range within the first axis of (), got [0, 1)");
  CHECK_EQ(error_text<ShapeError>([&] { y.window(3, {4}); }),
           "[window] expected a window within 6 elements, got 4 at offset 3");
  CHECK_EQ(error_text<ShapeError>([&] { y.window(-1, {1}); }),
           "[window] expected a window within 6 elements, got 1 at offset -1");
  CHECK_EQ(error_text<ShapeError>([&] { y.window(std::numeric_limits<Index>::max(), {2}); }),
           "[window] expected a window within 6 elements, got 2 at offset 9223372036854775807");
}

TEST_CASE("random tensors take their numbers from the generator") {
  Generator a(3), b(3);
  const Tensor uniform = Tensor::uniform({100}, -2, 5, a);
  for (const Real value : uniform.values()) CHECK(value == static_cast<Real>(-2 + 7 * b.uniform()));
  const Tensor normal = Tensor::normal({100}, 1, 3, a);
  for (const Real value : normal.values()) CHECK(value == static_cast<Real>(1 + 3 * b.normal()));
  set_seed(5);
  const Tensor standard = Tensor::normal({3, 4}), unit = Tensor::uniform({2});
  Generator same(5);
  for (const Real value : standard.values()) CHECK(value == static_cast<Real>(same.normal()));
  for (const Real value : unit.values()) CHECK(value == static_cast<Real>(same.uniform()));
  set_seed(5);
  const Tensor first = Tensor::uniform({10}, 0, 1);
  set_seed(5);
  CHECK(same_bits(first, Tensor::uniform({10}, 0, 1)));
  CHECK_FALSE(same_bits(first, Tensor::uniform({10}, 0, 1)));
}
