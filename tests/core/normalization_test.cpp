// Statistics and normalization of columns at the limits of float, compared with plain loops in double.
#include "support/compare.h"

#include <gradus/core/kernels/normalization.h>
#include <gradus/core/kernels/softmax.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

struct Statistics {
  Values mean, variance;
};

Statistics column_statistics_in_double(const Tensor& x) {
  const Index columns = x.shape()[-1], rows = x.size() / columns;
  Statistics result{{{columns}, {}}, {{columns}, {}}};
  for (Index c = 0; c < columns; ++c) {
    double mean = 0, variance = 0;
    for (Index r = 0; r < rows; ++r) mean += x.data()[r * columns + c] / static_cast<double>(rows);
    for (Index r = 0; r < rows; ++r)
      variance += std::pow(x.data()[r * columns + c] - mean, 2) / static_cast<double>(rows);
    result.mean.numbers.push_back(mean);
    result.variance.numbers.push_back(variance);
  }
  return result;
}

}  // namespace

TEST_CASE("mean and variance of columns, at any mean") {
  Generator random(1);
  for (const Shape& shape :
       {Shape{2, 1}, Shape{4, 3}, Shape{63, 64}, Shape{64, 65}, Shape{129, 200}, Shape{5000, 3}, Shape{8, 7, 7, 33}}) {
    for (const double mean_of_x : {0.0, 1000.0, -1e5, 1e6}) {
      INFO("shape ", to_string(shape), ", mean ", mean_of_x);
      const Tensor x = Tensor::normal(shape, mean_of_x, 1, random);
      Tensor mean = Tensor::empty({shape[-1]}), variance = Tensor::empty({shape[-1]});
      column_statistics(x, mean, variance);
      const Statistics expected = column_statistics_in_double(x);
      CHECK_EQ(difference(mean, expected.mean, {4e-7, 1e-6}), "");
      CHECK_EQ(difference(variance, expected.variance, {2e-6, 1e-6}), "");
    }
  }
}

TEST_CASE("constant columns are normalized to 0, whatever the constant and the size") {
  for (const double constant : {123.456, 16777.217, 101325.3, -1234.567, 1e-30, 3e37, 0.0}) {
    for (const Index n : {2, 3, 60, 100, 1025, 5000}) {
      INFO(n, " times ", constant);
      const auto all_zero = [](const Tensor& y) {
        for (const Real value : y.values()) {
          if (value != 0) return false;
        }
        return true;
      };
      const Tensor columns = Tensor::full({n, 70}, static_cast<Real>(constant));
      Tensor mean = Tensor::empty({70}), variance = Tensor::empty({70}), y = Tensor::empty(columns.shape());
      column_statistics(columns, mean, variance);
      normalize_columns(columns, {mean, inv_std_of(variance, Real(1e-3)), {}, {}}, y);
      CHECK(all_zero(y));
      CHECK(all_zero(variance));
      CHECK(mean(69) == static_cast<Real>(constant));
    }
  }
}

TEST_CASE("statistics of no rows read nothing") {
  Tensor mean = Tensor::empty({3}), variance = Tensor::empty({3});
  column_statistics(Tensor::zeros({0, 3}), mean, variance);
  CHECK(std::isnan(mean(0)));
}

TEST_CASE("softmax of extreme rows") {
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  const Tensor x = Tensor::from({{10'000, 9'999, -10'000}, {-infinity, 0, 0}, {3e38f, -3e38f, 0}});
  const Tensor y = softmax_rows(x);
  CHECK_EQ(difference(y, Values{{3, 3}, {0.7310585786300049, 0.2689414213699951, 0, 0, 0.5, 0.5, 1, 0, 0}}, {4e-7, 0}),
           "");
  const Tensor unknown = softmax_rows(Tensor::from({{1, std::nanf(""), 2}}));
  for (const Real value : unknown.values()) CHECK(std::isnan(value));
}
