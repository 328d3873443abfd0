#include "support/compare.h"

#include <gradus/core/kernels/product_check.h>
#include <gradus/core/matmul.h>
#include <gradus/core/parallel.h>

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

/// The naive loop, in double.
Values naive_product(const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  const bool flip_a = ta == Transpose::yes, flip_b = tb == Transpose::yes;
  const Index m = a.shape()[flip_a ? 1 : 0], k = a.shape()[flip_a ? 0 : 1], n = b.shape()[flip_b ? 0 : 1];
  Values c{{m, n}, {}};
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      double sum = 0;
      for (Index l = 0; l < k; ++l) {
        sum += double{a.data()[flip_a ? l * m + i : i * k + l]} * double{b.data()[flip_b ? j * k + l : l * n + j]};
      }
      c.numbers.push_back(sum);
    }
  }
  return c;
}

/// For sums of k products of size 1 in any order: the partial sums grow like sqrt(k), and the k rounding errors, each
/// relative to a partial sum, add another factor sqrt(k).
Tolerance rounding(Index k) {
  constexpr double unit = std::numeric_limits<Real>::epsilon();
  return {4 * unit, static_cast<double>(100 + k) * unit};
}

struct Product {
  Index m, n, k;
};

template <class Body>
void for_transposes(const Product& size, Body body) {
  Generator random(1);
  for (const Transpose ta : {Transpose::no, Transpose::yes}) {
    for (const Transpose tb : {Transpose::no, Transpose::yes}) {
      INFO(size.m, " x ", size.n, " x ", size.k, std::string(ta == Transpose::yes ? ", a transposed" : ""),
           std::string(tb == Transpose::yes ? ", b transposed" : ""));
      const Tensor a =
          Tensor::normal(ta == Transpose::yes ? Shape{size.k, size.m} : Shape{size.m, size.k}, 0, 1, random);
      const Tensor b =
          Tensor::normal(tb == Transpose::yes ? Shape{size.n, size.k} : Shape{size.k, size.n}, 0, 1, random);
      body(a, b, ta, tb);
    }
  }
}

}  // namespace

TEST_CASE("products agree with the naive loop") {
  const Product sizes[] = {{1, 1, 1},    {1, 7, 3},    {5, 1, 7},     {3, 4, 1},     {4, 3, 5},    {13, 9, 11},
                           {17, 33, 65}, {64, 10, 31}, {100, 1, 300}, {1, 100, 300}, {129, 65, 63}};
  for (const Product& size : sizes) {
    for_transposes(size, [&](const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
      CHECK_EQ(difference(matrix_product("test", a, b, ta, tb), naive_product(a, b, ta, tb), rounding(size.k)), "");
    });
  }
}

TEST_CASE("products in panels agree with the naive loop and have the same bits for any number of threads") {
  const int before = threads();
  // Wide, tall and square; sides that are not multiples of a panel; two that are split along k; a result so large that
  // it bypasses the caches.
  const Product sizes[] = {{64, 784, 256},  {784, 250, 64}, {257, 263, 251}, {300, 310, 600}, {1000, 17, 333},
                           {17, 1000, 333}, {60, 100, 784}, {41, 251, 333},  {1100, 976, 9}};
  for (const Product& size : sizes) {
    for_transposes(size, [&](const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
      set_threads(1);
      const Tensor alone = matrix_product("test", a, b, ta, tb);
      CHECK_EQ(difference(alone, naive_product(a, b, ta, tb), rounding(size.k)), "");
      for (const int team : {2, 4}) {
        set_threads(team);
        CHECK(same_bits(matrix_product("test", a, b, ta, tb), alone));
      }
    });
  }
  set_threads(before);
}

TEST_CASE("large products of integers are exact") {
  const int before = threads();
  for_transposes({1024, 1051, 1030}, [&](Tensor a, Tensor b, Transpose ta, Transpose tb) {
    for (Real& number : a.values()) number = std::round(number);
    for (Real& number : b.values()) number = std::round(number);
    set_threads(1);
    const Tensor c = matrix_product("test", a, b, ta, tb);
    // C v = A (B v) for v = (1, 2, 3, ...): n^2 operations instead of n^3 (Freivalds).
    const auto times = [](const Tensor& x, const std::vector<double>& v, Transpose t) {
      const Index rows = x.shape()[0], columns = x.shape()[1];
      std::vector<double> y(static_cast<std::size_t>(t == Transpose::yes ? columns : rows));
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < columns; ++j) {
          const auto [to, from] = t == Transpose::yes ? std::pair{j, i} : std::pair{i, j};
          y[static_cast<std::size_t>(to)] += double{x.data()[i * columns + j]} * v[static_cast<std::size_t>(from)];
        }
      }
      return y;
    };
    std::vector<double> v(1051);
    std::iota(v.begin(), v.end(), 1);
    CHECK(times(c, v, Transpose::no) == times(a, times(b, v, tb), ta));
    set_threads(2);
    CHECK(same_bits(matrix_product("test", a, b, ta, tb), c));
  });
  set_threads(before);
}

TEST_CASE("OpenBLAS does not start threads") {
  if (!std::filesystem::exists("/proc/self/task")) return;
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); };
  const int before = threads();
  set_threads(1);
  std::ptrdiff_t started = 0;
  std::thread([&] {  // a new thread has no OpenMP team yet
    const Tensor a = Tensor::ones({400, 400});
    const std::ptrdiff_t at_first = count();
    matrix_product("test", a, a);
    started = count() - at_first;
  })
      .join();
  CHECK(started == 0);
  set_threads(before);
}

TEST_CASE("every element of the result is written") {
  Tensor c = Tensor::full({300, 200}, std::numeric_limits<Real>::quiet_NaN());
  const Tensor a = Tensor::ones({300, 100}), b = Tensor::ones({100, 200});
  multiply(Transpose::no, Transpose::no, 300, 200, 100, a.data(), b.data(), c.data());
  CHECK(same_bits(c, Tensor::full({300, 200}, 100)));
}

TEST_CASE("products of empty matrices") {
  CHECK(same_bits(matrix_product("test", Tensor::zeros({2, 0}), Tensor::zeros({0, 3})), Tensor::zeros({2, 3})));
  CHECK(matrix_product("test", Tensor::zeros({0, 3}), Tensor::zeros({3, 4})).shape() == Shape{0, 4});
  CHECK(matrix_product("test", Tensor::zeros({4, 3}), Tensor::zeros({3, 0})).shape() == Shape{4, 0});
}

TEST_CASE("products in several threads at the same time") {
  Generator random(2);
  const Tensor a = Tensor::normal({257, 129}, 0, 1, random), b = Tensor::normal({129, 263}, 0, 1, random);
  const Tensor expected = matrix_product("test", a, b);
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (!same_bits(matrix_product("test", a, b), expected)) FAIL_CHECK("different result");
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST_CASE("a product that is wrong in one element is found") {
  for (const Index wrong : {0, 1, 38}) {
    const auto product = [wrong](Index m, Index n, Index k, const Real* a, const Real* b, Real* c) {
      for (Index i = 0; i < m * n; ++i) {
        c[i] = 0;
        for (Index j = 0; j < k; ++j) c[i] += a[i / n * k + j] * b[j * n + i % n];
      }
      if (m > wrong) c[wrong * n + n - 1] += 1;
    };
    const std::string text = error_text<StateError>([&] { check_product("a test", "use another", product); });
    CHECK(text.starts_with("[matmul] expected "));
    CHECK(text.find(fmt::format(" as element ({}, ", wrong)) != std::string::npos);
    CHECK(text.ends_with(" from a test; use another"));
  }
}

TEST_CASE("kernels of OpenBLAS that are narrower than the build are known") {
  CHECK(is_wide_kernel("SkylakeX"));
  CHECK(is_wide_kernel("Zen"));
#ifdef __AVX__
  CHECK_FALSE(is_wide_kernel("Prescott"));
  CHECK_FALSE(is_wide_kernel("Nehalem"));
  CHECK_FALSE(is_wide_kernel("Sandybridge"));
#else
  CHECK(is_wide_kernel("Prescott"));
#endif
}

TEST_CASE("wrong sizes") {
  const Tensor a = Tensor::zeros({4, 3}), b = Tensor::zeros({4, 5});
  CHECK_EQ(error_text<ShapeError>([&] { matrix_product("here", a, b); }),
           "[here] expected matrices whose inner sizes agree, got shapes (4, 3) and (4, 5)");
  CHECK(matrix_product("here", a, b, Transpose::yes).shape() == Shape{3, 5});
  CHECK_EQ(error_text<ShapeError>([&] { matrix_product("here", a, a, Transpose::yes, Transpose::yes); }),
           "[here] expected matrices whose inner sizes agree, got shapes (4, 3) and (4, 3)");
  CHECK_EQ(error_text<ShapeError>([&] { matrix_product("here", a.reshape({12}), b); }),
           "[here] expected two matrices, got shapes (12,) and (4, 5)");
}
