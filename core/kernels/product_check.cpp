#include <gradus/core/kernels/product_check.h>

#include <gradus/core/check.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace gradus::inline GRADUS_PRECISION {

bool is_wide_kernel([[maybe_unused]] std::string_view name) {
#if defined(__AVX512F__)
  constexpr std::array<std::string_view, 4> wide{"SkylakeX", "Cooperlake", "SapphireRapids", "Zen"};
  return std::ranges::find(wide, name) != wide.end();
#elif defined(__AVX__)
  constexpr std::array<std::string_view, 6> wide{"SkylakeX", "Cooperlake", "SapphireRapids",
                                                 "Zen",      "Haswell",    "Excavator"};
  return std::ranges::find(wide, name) != wide.end();
#else
  return true;  // none is narrower than SSE
#endif
}

void check_product(std::string_view name, std::string_view cure, const MatrixProduct& product) {
  struct Sizes {
    Index m, n, k;
  };
  constexpr Index largest = 40;
  std::array<Real, largest * largest> a, b, c;
  for (Index i = 0; i < largest * largest; ++i) {
    a[static_cast<std::size_t>(i)] = static_cast<Real>(i * 7 % 11 - 5);
    b[static_cast<std::size_t>(i)] = static_cast<Real>(i * 5 % 13 - 6);
  }
  for (const auto& [m, n, k] :
       {Sizes{1, 3, 5}, Sizes{2, 37, 7}, Sizes{5, 1, 39}, Sizes{13, 17, 1}, Sizes{39, 35, 33}}) {
    product(m, n, k, a.data(), b.data(), c.data());
    for (Index i = 0; i < m * n; ++i) {
      Real expected = 0;
      for (Index j = 0; j < k; ++j) {
        expected += a[static_cast<std::size_t>(i / n * k + j)] * b[static_cast<std::size_t>(j * n + i % n)];
      }
      const Real got = c[static_cast<std::size_t>(i)];
      check<StateError>(got == expected,
                        "[matmul] expected {} as element ({}, {}) of {} x {} times {} x {}, got {} from {}; {}",
                        expected, i / n, i % n, m, k, k, n, got, name, cure);
    }
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
