#include <gradus/core/kernels/gemm.h>
#include <gradus/core/random.h>
#include <gradus/core/tensor.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

enum class Layout { by_rows, by_columns };

/// A matrix of integers from -4 to 4, so that sums of a few thousand products are exact in any order. Its memory ends
/// with its last element, so that a sanitizer detects reads beyond it.
struct Matrix {
  Matrix(Index rows, Index columns, Layout layout, Generator& random)
      : numbers(static_cast<std::size_t>(rows * columns)),
        view{numbers.data(), layout == Layout::by_rows ? columns : 1, layout == Layout::by_rows ? 1 : rows} {
    for (Real& number : numbers) number = static_cast<Real>(random.below(9) - 4);
  }

  std::vector<Real> numbers;
  MatrixView view;
};

Real naive(const Matrix& a, const Matrix& b, Index k, Index i, Index j) {
  Real sum = 0;
  for (Index p = 0; p < k; ++p) sum += *a.view.at(i, p) * *b.view.at(p, j);
  return sum;
}

constexpr Real untouched = -12345.5;

template <class Body>
void for_layouts(Body body) {
  for (const Layout a : {Layout::by_rows, Layout::by_columns}) {
    for (const Layout b : {Layout::by_rows, Layout::by_columns}) {
      INFO(std::string(a == Layout::by_rows ? "A by rows" : "A by columns"),
           std::string(b == Layout::by_rows ? ", B by rows" : ", B by columns"));
      body(a, b);
    }
  }
}

}  // namespace

TEST_CASE("tiles of every height and width, with every remainder, are exact") {
  Generator random(1);
  const Index tile = gemm_tile_width(100);
  for_layouts([&](Layout layout_a, Layout layout_b) {
    const auto check = [&](Index m, Index n, Index k) {
      INFO(m, " x ", n, " x ", k);
      const Matrix a(m, k, layout_a, random), b(k, n, layout_b, random);
      std::vector<Real> c(static_cast<std::size_t>(m * n), untouched);
      gemm(a.view, b.view, k, {0, m}, {0, n}, c.data(), n);
      bool correct = true;
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n; ++j)
          correct = correct && c[static_cast<std::size_t>(i * n + j)] == naive(a, b, k, i, j);
      }
      CHECK(correct);
    };
    for (Index m = 1; m <= 2 * tile_rows + 1; ++m) {
      for (const Index n : {Index{1}, tile / 2 - 1, tile / 2, tile - 1, tile, tile + 1, 9 * tile / 2 + 3})
        check(m, n, 19);
    }
    for (Index n = 1; n <= 5 * tile; ++n) check(3, n, 17);
    for (Index k = 1; k <= 40; ++k) check(5, tile + 7, k);
    for (const Index k : {255, 256, 257, 512, 700}) check(15, tile + 5, k);
    for (const Index k : {511, 512, 600})
      check(gemm_max_panel, 5 * tile + 3, k);  // A is copied, as its rows are far apart
    check(2 * tile_rows + 1, gemm_max_panel, 1030);
  });
}

TEST_CASE("a panel writes only its own elements, with the same bits as the whole product") {
  Generator random(2);
  const Index n = 141;
  // Rows [above, m) of C.
  const auto check = [&](Layout layout_a, Layout layout_b, Index above, Index m, Index k) {
    INFO(m, " rows, k = ", k);
    Matrix a(m, k, layout_a, random), b(k, n, layout_b, random);
    for (std::vector<Real>* numbers : {&a.numbers, &b.numbers}) {
      for (Real& number : *numbers)
        number = static_cast<Real>(random.uniform() - 0.5);  // so that the order of additions matters
    }
    std::vector<Real> whole(static_cast<std::size_t>(m * n), untouched);
    gemm(a.view, b.view, k, {above, m}, {0, n}, whole.data(), n);
    for (int trial = 0; trial < 50; ++trial) {
      const auto part = [&](Index from, Index to) {
        const Index begin = from + random.below(to - from);
        return Range{begin, begin + 1 + random.below(to - begin)};
      };
      const Range rows = part(above, m), columns = part(0, n);
      INFO("rows ", rows.begin, " to ", rows.end, ", columns ", columns.begin, " to ", columns.end);
      std::vector<Real> c(whole.size(), untouched);
      gemm(a.view, b.view, k, rows, columns, c.data(), n);
      bool correct = true;
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n; ++j) {
          const bool inside = i >= rows.begin && i < rows.end && j >= columns.begin && j < columns.end;
          const auto at = static_cast<std::size_t>(i * n + j);
          correct = correct && std::memcmp(&c[at], inside ? &whole[at] : &untouched, sizeof(Real)) == 0;
        }
      }
      CHECK(correct);
    }
  };
  for_layouts([&](Layout layout_a, Layout layout_b) {
    check(layout_a, layout_b, 0, 53, 301);
    check(layout_a, layout_b, 0, 53, 601);     // the rows of A are far apart
    check(layout_a, layout_b, 550, 602, 301);  // the columns of A are far apart
  });
}

TEST_CASE("infinities and NaN stay in their rows and columns") {
  constexpr Real inf = std::numeric_limits<Real>::infinity();
  Generator random(3);
  const Index m = 20, n = 37, k = 9;
  for_layouts([&](Layout layout_a, Layout layout_b) {
    Matrix a(m, k, layout_a, random), b(k, n, layout_b, random);
    for (Real& number : b.numbers) number = 1;
    a.numbers[static_cast<std::size_t>(a.view.at(4, 2) - a.numbers.data())] = inf;
    b.numbers[static_cast<std::size_t>(b.view.at(3, 36) - b.numbers.data())] = std::numeric_limits<Real>::quiet_NaN();
    std::vector<Real> c(static_cast<std::size_t>(m * n));
    gemm(a.view, b.view, k, {0, m}, {0, n}, c.data(), n);
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        const Real got = c[static_cast<std::size_t>(i * n + j)];
        if (j == 36) {
          CHECK(std::isnan(got));
        } else {
          CHECK(std::isinf(got) == (i == 4));
        }
      }
    }
  });
}
