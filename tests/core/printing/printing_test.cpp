#include <gradus/core/printing/printing.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

using namespace gradus;

TEST_CASE("text of a tensor") {
  CHECK_EQ(to_string(Tensor()), "(empty)");
  CHECK_EQ(to_string(Tensor::full({}, Real(1.5))), "1.5");
  CHECK_EQ(to_string(Tensor::from({1, Real(0.333333333), -2e10f})), "[1, 0.333333, -2e+10]");
  CHECK_EQ(to_string(Tensor::from({{1, 2}, {3, 4}})), "[[1, 2],\n [3, 4]]");
  CHECK_EQ(to_string(Tensor::from({2, 2, 1}, {1, 2, 3, 4})), "[[[1],\n  [2]],\n [[3],\n  [4]]]");
  CHECK_EQ(to_string(Tensor::zeros({0})), "[]");
  CHECK_EQ(to_string(Tensor::zeros({2, 0})), "[[],\n []]");
  Tensor count = Tensor::empty({9});
  for (Index i = 0; i < 9; ++i) count.data()[i] = static_cast<Real>(i);
  CHECK_EQ(to_string(count), "[0, 1, 2, ..., 6, 7, 8]");
  CHECK_EQ(to_string(count.rows(0, 8)), "[0, 1, 2, 3, 4, 5, 6, 7]");
  CHECK_EQ(to_string(Tensor::from({std::numeric_limits<Real>::infinity(), NAN})), "[inf, nan]");
  CHECK_EQ(fmt::format("{:>8}|", Tensor::from({1, 2})), "  [1, 2]|");
}
