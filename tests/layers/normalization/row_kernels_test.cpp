// Normalization of rows at the limits of float.
#include <gradus/layers/normalization/row_kernels.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace gradus;

TEST_CASE("rows: normalized to mean 0 and variance 1, at any mean") {
  Generator random(2);
  for (const Index n : {2, 257, 5000}) {
    for (const double mean_of_x : {0.0, 1000.0, -1e5, 1e6}) {
      INFO("row of ", n, ", mean ", mean_of_x);
      const Tensor x = Tensor::normal({50, n}, mean_of_x, 3, random);
      Tensor mean = Tensor::empty({50}), inv_std = Tensor::empty({50}), y = Tensor::empty(x.shape());
      normalize_rows(x, {}, {}, Real(1e-12), mean, inv_std, y);
      for (Index r = 0; r < 50; ++r) {
        double sum = 0, squares = 0;
        for (Index c = 0; c < n; ++c) {
          sum += y(r, c) / static_cast<double>(n);
          squares += std::pow(y(r, c), 2) / static_cast<double>(n);
        }
        CHECK(std::abs(sum) < 1e-6);
        CHECK(std::abs(squares - 1) < 2e-6);
      }
    }
  }
}

TEST_CASE("constant rows are normalized to 0, whatever the constant and the size") {
  for (const double constant : {123.456, 16777.217, 101325.3, -1234.567, 1e-30, 3e37, 0.0}) {
    for (const Index n : {2, 3, 60, 100, 1025, 5000}) {
      INFO(n, " times ", constant);
      const Tensor rows = Tensor::full({3, n}, static_cast<Real>(constant));
      Tensor row_mean = Tensor::empty({3}), inv_std = Tensor::empty({3}), normalized = Tensor::empty(rows.shape());
      normalize_rows(rows, {}, {}, Real(1e-3), row_mean, inv_std, normalized);
      CHECK(std::ranges::all_of(normalized.values(), [](Real value) { return value == 0; }));
    }
  }
}
