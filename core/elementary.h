#pragma once  // internal

#include <gradus/core/real.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

/// Elementary functions without calls or branches, so that loops over them are vectorized. In float, minimax
/// polynomials with an error of at most 2.5 units in the last place, tested against the standard library over the whole
/// range; in double, the standard library.
namespace gradus::inline GRADUS_PRECISION::elementary {

#ifdef GRADUS_DOUBLE

inline Real exp(Real x) { return std::exp(x); }
inline Real tanh(Real x) { return std::tanh(x); }
inline Real erf(Real x) { return std::erf(x); }
/// log(1 + u) for u in [0, 1].
inline Real log1p_of_fraction(Real u) { return std::log1p(u); }

#else

namespace detail {
template <class... C>
constexpr float polynomial(float x, float c0, C... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return c0;
  } else {
    return c0 + x * polynomial(x, rest...);
  }
}
}  // namespace detail

/// exp(x) = 2^n exp(r) with |r| <= ln(2)/2. Adding a magic number rounds to n; scaling in two steps gives correct
/// results from the smallest denormal to infinity. NaN stays NaN.
inline float exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  constexpr float magic = 0x1.8p23f;
  const float shifted = x * 0x1.715476p0f + magic;
  const float n = shifted - magic;
  const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  const float y =
      1.0f + (r + r * r * detail::polynomial(r, 0.5f, 0.166665182f, 0.0416662060f, 0.00836888980f, 0.00139504916f));
  const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(magic);
  const std::int32_t half = exponent >> 1;
  const auto power_of_two = [](std::int32_t e) { return std::bit_cast<float>((e + 127) << 23); };
  return y * power_of_two(half) * power_of_two(exponent - half);
}

/// An odd polynomial for |x| < 0.64, otherwise 1 - 2/(exp(2|x|) + 1) with the sign of x.
inline float tanh(float x) {
  const float u = x * x;
  const float near =
      x + x * u * detail::polynomial(u, -0.333332717f, 0.133311525f, -0.0537141077f, 0.0205517188f, -0.00560391368f);
  const float far = std::copysign(1.0f - 2.0f / (exp(2.0f * std::abs(x)) + 1.0f), x);
  return std::abs(x) < 0.64f ? near : far;
}

/// An odd polynomial for |x| <= 1, otherwise 1 - exp(log(erfc(|x|))) with the sign of x, the logarithm a polynomial.
inline float erf(float x) {
  const float t = std::abs(x) > 4.0f ? 4.0f : std::abs(x);
  const float near = x * detail::polynomial(x * x, 1.12837911f, -0.376126260f, 0.112836003f, -0.0268544443f,
                                            0.00518953567f, -0.000802084222f, 0.0000788912294f);
  const float far =
      std::copysign(1.0f - exp(detail::polynomial(t, -0.000256452418f, -1.12742603f, -0.637600064f, -0.103566840f,
                                                  0.0220519714f, -0.00299953390f, 0.000191503379f)),
                    x);
  return std::abs(x) <= 1.0f ? near : far;
}

/// log(1 + u) for u in [0, 1].
inline float log1p_of_fraction(float u) {
  return u * detail::polynomial(u, 1.0f, -0.499999136f, 0.333302766f, -0.249573484f, 0.196924612f, -0.153532983f,
                                0.106845714f, -0.0577594861f, 0.0202779546f, -0.00333877211f);
}

#endif

/// 1 / (1 + exp(-x)).
inline Real sigmoid(Real x) { return Real{1} / (Real{1} + exp(-x)); }

/// log(1 + exp(x)), without overflow.
inline Real softplus(Real x) { return (x < 0 ? Real{0} : x) + log1p_of_fraction(exp(-std::abs(x))); }

}  // namespace gradus::inline GRADUS_PRECISION::elementary
