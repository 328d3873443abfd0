#include "support/compare.h"

#include <gradus/core/shape.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>

using namespace gradus;

TEST_CASE("rank, size and axes of a shape") {
  const Shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 24);
  CHECK(shape[0] == 2);
  CHECK(shape[-1] == 4);
  CHECK(shape[-3] == 2);
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{3, 0}.size() == 0);
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{2, 3, 4});
}

TEST_CASE("shapes are compared by rank and sizes") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2} != Shape{2, 1});
  CHECK(Shape{2, 3}.without_last() == Shape{2});  // the removed size is not compared
}

TEST_CASE("shapes derived from shapes") {
  const Shape shape{2, 3};
  CHECK(shape.append(4) == Shape{2, 3, 4});
  CHECK(shape.prepend(4) == Shape{4, 2, 3});
  CHECK(shape.with(0, 7) == Shape{7, 3});
  CHECK(shape.with(-1, 7) == Shape{2, 7});
  CHECK(shape.without_first() == Shape{3});
  CHECK(shape.without_last() == Shape{2});
  CHECK(Shape{}.append(5) == Shape{5});
  CHECK(Shape{}.prepend(5) == Shape{5});
  CHECK(Shape{}.without_first() == Shape{});
  CHECK(Shape{}.without_last() == Shape{});
}

TEST_CASE("text of a shape") {
  CHECK_EQ(to_string(Shape{64, 10}), "(64, 10)");
  CHECK_EQ(to_string(Shape{5}), "(5,)");
  CHECK_EQ(to_string(Shape{}), "()");
  CHECK_EQ(fmt::format("{}|{:>9}|{:<7}|", Shape{2, 3}, Shape{2, 3}, Shape{1}), "(2, 3)|   (2, 3)|(1,)   |");
}

TEST_CASE("shapes refuse sizes and axes that cannot be, wherever they come from") {
  const Shape six{1, 2, 1, 2, 1, 2};
  const std::string too_many = "[shape] expected at most 6 axes, got (1, 2, 1, 2, 1, 2) and one of size 3";
  CHECK_EQ(error_text<ShapeError>([] { Shape{1, 2, 1, 2, 1, 2, 3}; }), too_many);
  CHECK_EQ(error_text<ShapeError>([&] { six.append(3); }), too_many);
  CHECK_EQ(error_text<ShapeError>([&] { six.prepend(3); }),
           "[shape] expected at most 6 axes, got (3, 1, 2, 1, 2, 1) and one of size 2");

  const std::string negative = "[shape] expected sizes of at least 0, got -900 along axis ";
  CHECK_EQ(error_text<ShapeError>([] { Shape{2, -900}; }), negative + "1");
  CHECK_EQ(error_text<ShapeError>([] { Shape{2}.append(-900); }), negative + "1");
  CHECK_EQ(error_text<ShapeError>([] { Shape{2}.prepend(-900); }), negative + "0");
  CHECK_EQ(error_text<ShapeError>([] { Shape{2, 3}.with(-1, -900); }), negative + "1");
  CHECK_EQ(error_text<ShapeError>([] { Shape{-4, -4}; }), "[shape] expected sizes of at least 0, got -4 along axis 0");

  constexpr Index huge = Index{1} << 32;
  const auto too_large = [](std::string_view shape, double elements) {
    return fmt::format("[shape] expected at most 35184372088832 bytes of elements, got {} with {:.4g} bytes", shape,
                       elements * sizeof(Real));
  };
  CHECK_EQ(error_text<ShapeError>([] { Shape{huge, huge}; }), too_large("(4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{0, huge, huge}; }), too_large("(0, 4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{huge}.append(huge); }), too_large("(4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{huge}.prepend(huge); }), too_large("(4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{huge, 1}.with(1, huge); }), too_large("(4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] {
             Shape{huge, 0}.append(huge);
           }),
           too_large("(4294967296, 0, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{784, 22'000'000'000}; }), too_large("(784, 22000000000)", 784 * 22e9));
  CHECK_EQ(error_text<ShapeError>([] {
             broadcast("add", {huge, 1}, {huge});
           }),
           too_large("(4294967296, 4294967296)", 0x1p64));
  CHECK_EQ(error_text<ShapeError>([] { Shape{std::numeric_limits<Index>::max()}; }),
           too_large("(9223372036854775807,)", 0x1p63));

  const std::string no_axis = "[shape] expected an axis of (2, 3), which has 2, got ";
  for (const int axis : {2, 1000, -3, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    CHECK_EQ(error_text<ShapeError>([=] { static_cast<void>(Shape{2, 3}[axis]); }), no_axis + std::to_string(axis));
    CHECK_EQ(error_text<ShapeError>([=] { Shape{2, 3}.with(axis, 4); }), no_axis + std::to_string(axis));
  }
}

TEST_CASE("broadcasting, by numpy's rule") {
  const auto both_ways = [](const Shape& a, const Shape& b, const Shape& expected) {
    CHECK(broadcast("here", a, b) == expected);
    CHECK(broadcast("here", b, a) == expected);
  };
  both_ways({4, 3}, {4, 3}, {4, 3});
  both_ways({4, 3}, {3}, {4, 3});
  both_ways({4, 3}, {}, {4, 3});
  both_ways({4, 3}, {1}, {4, 3});
  both_ways({4, 3}, {4, 1}, {4, 3});
  both_ways({4, 1}, {1, 3}, {4, 3});
  both_ways({4, 1}, {3}, {4, 3});
  both_ways({2, 1, 4}, {3, 1}, {2, 3, 4});
  both_ways({8, 1, 6, 1}, {7, 1, 5}, {8, 7, 6, 5});
  both_ways({}, {}, {});
  both_ways({0, 3}, {1, 3}, {0, 3});
  both_ways({0}, {1}, {0});
}

TEST_CASE("shapes that do not broadcast") {
  const auto text = [](const Shape& a, const Shape& b) {
    return error_text<ShapeError>([&] { broadcast("add", a, b); });
  };
  const std::string start = "[add] expected shapes that broadcast (equal or 1, from the last axis), got ";
  CHECK_EQ(text({4, 3}, {4}), start + "(4, 3) and (4,)");
  CHECK_EQ(text({2}, {3}), start + "(2,) and (3,)");
  CHECK_EQ(text({2, 3}, {3, 3}), start + "(2, 3) and (3, 3)");
  CHECK_EQ(text({0}, {3}), start + "(0,) and (3,)");
}
