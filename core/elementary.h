#pragma once  // internal

#include <gradus/core/real.h>

#include <bit>
#include <cmath>
#include <cstdint>

/// Elementary functions without calls or branches, so that loops over them are vectorized. In float, minimax
/// polynomials with an error of at most 2.5 units in the last place (normal: 1e-5 where it is small), tested against
/// the standard library over the whole range; in double, the standard library.
namespace gradus::inline GRADUS_PRECISION::elementary {

/// The standard normal distribution at x: phi(x) = exp(-x^2/2) / sqrt(2 pi), and its integral Phi(x) up to there.
struct Normal {
  Real density, cumulative;
};

#ifdef GRADUS_DOUBLE

inline Real exp(Real x) { return std::exp(x); }
/// exp(x) - 1 for x <= 0.
inline Real expm1_of_negative(Real x) { return std::expm1(x); }
inline Real tanh(Real x) { return std::tanh(x); }
inline Normal normal(Real x) {
  return {std::exp(-0.5 * x * x) * 0.39894228040143267794, 0.5 * std::erfc(x * -0.70710678118654752440)};
}
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

/// exp(x) = 2^n (1 + p) with |x - n ln(2)| <= ln(2)/2. Adding a magic number rounds to n.
struct Split {
  float p;
  std::int32_t n;
};

inline Split split_exp(float x) {
  constexpr float magic = 0x1.8p23f;
  const float shifted = x * 0x1.715476p0f + magic;
  const float n = shifted - magic;
  const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  const float p = r + r * r * polynomial(r, 0.5f, 0.166665182f, 0.0416662060f, 0.00836888980f, 0.00139504916f);
  return {p, std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(magic)};
}

inline float power_of_two(std::int32_t n) { return std::bit_cast<float>((n + 127) << 23); }
}  // namespace detail

/// Scaling in two steps gives correct results from the smallest denormal to infinity. NaN stays NaN.
inline float exp(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  const auto [p, n] = detail::split_exp(x);
  const std::int32_t half = n >> 1;
  return (1.0f + p) * detail::power_of_two(half) * detail::power_of_two(n - half);
}

/// exp(x) - 1 for x <= 0, without the cancellation of that difference near 0.
inline float expm1_of_negative(float x) {
  x = x < -30.0f ? -30.0f : x;
  const auto [p, n] = detail::split_exp(x);
  const float scale = detail::power_of_two(n);
  return scale * p + (scale - 1.0f);
}

/// An odd polynomial for |x| < 0.64, otherwise 1 - 2/(exp(2|x|) + 1) with the sign of x.
inline float tanh(float x) {
  const float u = x * x;
  const float near =
      x + x * u * detail::polynomial(u, -0.333332717f, 0.133311525f, -0.0537141077f, 0.0205517188f, -0.00560391368f);
  const float far = std::copysign(1.0f - 2.0f / (exp(2.0f * std::abs(x)) + 1.0f), x);
  return std::abs(x) < 0.64f ? near : far;
}

/// 1 - Phi(|x|) = phi(x) m(|x|), where Mills' ratio m is t times a polynomial in t = 1 / (1 + |x| / (2.5 sqrt(2))). The
/// error of what is small is relative to it, up to that of the rounded x^2.
inline Normal normal(float x) {
  const float t = 1.0f / (1.0f + 0.282842712f * std::abs(x));
  const float mills =
      t * detail::polynomial(t, 0.282842726f, 0.282842755f, 0.260205239f, 0.215243235f, 0.149154991f, 0.105172865f,
                             -0.0587727316f, 0.172405407f, -0.295187771f, 0.176023006f, -0.0366155542f);
  const float density = exp(-0.5f * x * x) * 0.398942280f;
  return {density, x < 0 ? density * mills : 1.0f - density * mills};
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
