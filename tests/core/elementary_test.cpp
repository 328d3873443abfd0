// The float approximations compared with the standard library in double, over all magnitudes: every 1009th of the 2^32
// floats, including denormals, infinities and NaN. The bounds are the maximum errors found, with and without fused
// multiply-add, slightly rounded up.
#include "support/compare.h"

#include <gradus/core/elementary.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/tensor.h>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Floats of all magnitudes and both signs, and the borders of the pieces.
const Tensor& all_magnitudes() {
  static const Tensor points = [] {
    std::vector<float> x{0.0f, -0.0f, infinity,  -infinity,  not_a_number, -not_a_number,
                         1.0f, -1.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f};
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 1009) {
      x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    }
    // Dense around the borders of the pieces, of overflow and of underflow.
    for (const float border : {0.64f, 1.0f, 4.0f, 88.722839f, 89.0f, 87.336544f, 103.278f, 103.972f, 104.0f}) {
      float below = border, above = border;
      for (int i = 0; i < 2000; ++i) {
        for (const float v : {below, -below, above, -above}) x.push_back(v);
        below = std::nextafter(below, 0.0f);
        above = std::nextafter(above, infinity);
      }
    }
    // Even over the range where the functions are not constant.
    for (int i = -1'000'000; i <= 1'000'000; ++i) x.push_back(static_cast<float>(i) * 1.05e-4f);
    return Tensor::from({static_cast<Index>(x.size())}, x);
  }();
  return points;
}

/// The error of a float in units in the last place of the exact value; 0 for the nearest float.
double ulps(float got, double exact) {
  constexpr double wrong = 1e30;
  const auto rounded = static_cast<float>(exact);
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) && std::isnan(got) ? 0 : wrong;
  if (got == rounded) return 0;
  if (std::isinf(got) || std::isinf(rounded)) return wrong;
  const int exponent = std::max(std::ilogb(std::max(std::abs(exact), 0x1p-126)), -126);
  return std::abs(got - exact) / std::ldexp(1.0, exponent - 23);
}

struct Worst {
  double error = 0;
  double at = 0;
};

/// The maximum of error(y, exact(x), x) for y = approximate(x), where `approximate` writes n numbers.
template <class Approximate, class Exact, class Error>
Worst worst_of(Approximate approximate, Exact exact, Error error) {
  const Tensor& x = all_magnitudes();
  Tensor y = Tensor::empty(x.shape());
  approximate(x.data(), y.data(), x.size());
  Worst worst;
  for (Index i = 0; i < x.size(); ++i) {
    const double point = x.data()[i];
    const double found = error(y.data()[i], exact(point), point);
    if (!(found <= worst.error)) worst = {found, point};
  }
  return worst;
}

/// A loop as in the kernels, so that the vectorized code is tested.
template <class F>
auto loop(F f) {
  return [f](const Real* x, Real* y, Index n) {
#pragma omp simd
    for (Index i = 0; i < n; ++i) y[i] = f(x[i]);
  };
}

void check_bound(const Worst& worst, double bound) {
  INFO("maximum error at ", worst.at);
  CHECK(worst.error <= bound);
}

double in_ulps(float got, double exact, double) { return ulps(got, exact); }

/// Absolute for |x| < 1, otherwise relative to x.
double scaled(float got, double exact, double x) {
  return std::isfinite(exact) ? std::abs(got - exact) / std::max(1.0, std::abs(x)) : ulps(got, exact);
}

double absolute(float got, double exact, double) { return scaled(got, exact, 0); }

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exact_softplus(double x) { return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

TEST_CASE("exp") {
  check_bound(worst_of(
                  loop([](float x) { return elementary::exp(x); }), [](double x) { return std::exp(x); }, in_ulps),
              1.1);
  CHECK(elementary::exp(0.0f) == 1);
  CHECK(elementary::exp(-infinity) == 0);
  CHECK(elementary::exp(infinity) == infinity);
  CHECK(std::isnan(elementary::exp(not_a_number)));
}

TEST_CASE("tanh") {
  check_bound(worst_of(
                  loop([](float x) { return elementary::tanh(x); }), [](double x) { return std::tanh(x); }, in_ulps),
              1.4);
  CHECK(elementary::tanh(infinity) == 1);
  CHECK(elementary::tanh(-infinity) == -1);
}

TEST_CASE("normal distribution") {
  // phi(12.5) is 5e-35.
  const auto relative = [](float got, double exact, double x) {
    return std::abs(x) <= 12.5 ? std::abs(got - exact) / exact
                               : ulps(got < 1e-34f ? 0 : got, exact < 1e-34 ? 0 : exact);
  };
  const auto cumulative = loop([](float x) { return elementary::normal(x).cumulative; });
  const auto exact_cumulative = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  check_bound(worst_of(cumulative, exact_cumulative, absolute), 2.6e-7);
  check_bound(worst_of(cumulative, exact_cumulative, relative), 9e-6);
  const auto density = loop([](float x) { return elementary::normal(x).density; });
  const auto exact_density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); };
  check_bound(worst_of(density, exact_density, absolute), 1.2e-7);
  check_bound(worst_of(density, exact_density, relative), 9e-6);
  CHECK(elementary::normal(infinity).cumulative == 1);
  CHECK(elementary::normal(-infinity).cumulative == 0);
  CHECK(elementary::normal(infinity).density == 0);
  CHECK(elementary::normal(0).cumulative == doctest::Approx(0.5).epsilon(1e-7));
  CHECK(std::isnan(elementary::normal(not_a_number).cumulative));
}

TEST_CASE("expm1 of a number that is not positive") {
  const auto expm1 = loop([](float x) { return elementary::expm1_of_negative(x > 0 ? 0 : x); });
  check_bound(worst_of(
                  expm1, [](double x) { return x > 0 ? 0 : std::expm1(x); }, in_ulps),
              1.1);
}

TEST_CASE("sigmoid and softplus") {
  check_bound(worst_of(loop([](float x) { return elementary::sigmoid(x); }), exact_sigmoid, absolute), 1e-7);
  check_bound(worst_of(loop([](float x) { return elementary::softplus(x); }), exact_softplus, in_ulps), 2.5);
  CHECK(elementary::softplus(-infinity) == 0);
  CHECK(elementary::softplus(infinity) == infinity);
  CHECK(std::isnan(elementary::softplus(not_a_number)));
}

TEST_CASE("log1p of a fraction") {
  Worst worst;
  for (int i = 0; i <= 1 << 22; ++i) {
    const float u = static_cast<float>(i) * 0x1p-22f;
    const double found = ulps(elementary::log1p_of_fraction(u), std::log1p(double{u}));
    if (found > worst.error) worst = {found, u};
  }
  check_bound(worst, 2.1);
}

TEST_CASE("activations as compiled in the library") {
  const auto check_activation = [](std::string_view name, auto exact, double bound) {
    INFO("activation ", std::string(name));
    const ActivationFunction& function = activation_function("test", name);
    const auto forward = [&](const Real* x, Real* y, Index n) { function.forward(x, y, n, function.parameter); };
    check_bound(worst_of(forward, exact, scaled), bound);
  };
  check_activation(
      "linear", [](double x) { return x; }, 0);
  check_activation(
      "relu", [](double x) { return x < 0 ? 0 : x; }, 0);
  check_activation(
      "leaky_relu", [](double x) { return x < 0 ? double{0.2f} * x : x; }, 2e-8);
  check_activation(
      "elu", [](double x) { return x > 0 ? x : std::expm1(x); }, 1e-7);  // and in ulps above
  check_activation("sigmoid", exact_sigmoid, 1e-7);
  check_activation(
      "tanh", [](double x) { return std::tanh(x); }, 1e-7);
  check_activation("softplus", exact_softplus, 1.6e-7);
  check_activation(
      "gelu", [](double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }, 1.5e-7);
  check_activation(
      "silu", [](double x) { return x * exact_sigmoid(x); }, 1.6e-7);
}

TEST_CASE("activations and their derivatives keep their leading digits where they are small") {
  struct Exact {
    std::string_view name;
    double (*value)(double);
    double (*derivative)(double);
  };
  const auto cumulative = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  static const auto phi = cumulative;
  const Exact functions[] = {
      {"elu", [](double x) { return x > 0 ? x : std::expm1(x); }, [](double x) { return x > 0 ? 1 : std::exp(x); }},
      {"softplus", exact_softplus, exact_sigmoid},
      {"gelu", [](double x) { return x * phi(x); },
       [](double x) { return phi(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }},
      {"silu", [](double x) { return x * exact_sigmoid(x); },
       [](double x) { return exact_sigmoid(x) * (1 + x * exact_sigmoid(-x)); }},
  };
  std::vector<Real> points;
  for (int i = -1200; i <= 2000; ++i) {
    if (i != 0) points.push_back(static_cast<Real>(i) / 100);
  }
  for (const Real small : {Real(1e-3), Real(1e-6), Real(1e-20)}) {
    points.push_back(small);
    points.push_back(-small);
  }
  const Tensor x = Tensor::from({static_cast<Index>(points.size())}, points);
  for (const Exact& exact : functions) {
    const ActivationFunction& function = activation_function("test", exact.name);
    Tensor y = Tensor::empty(x.shape()), dx = Tensor::empty(x.shape());
    function.forward(x.data(), y.data(), x.size(), function.parameter);
    const Tensor ones = Tensor::ones(x.shape());
    function.backward(function.from_output ? y.data() : x.data(), ones.data(), dx.data(), x.size(), function.parameter);
    for (Index i = 0; i < x.size(); ++i) {
      const double at = x.data()[i];
      CAPTURE(std::string(exact.name));
      CAPTURE(at);
      CHECK(std::abs(y.data()[i] - exact.value(at)) <= 2e-5 * std::abs(exact.value(at)));
      // The derivatives of gelu and silu pass through 0, where their terms cancel.
      const double scale = std::abs(exact.derivative(at)) + (std::abs(at) < 2 ? 0.1 : 0);
      CHECK(std::abs(dx.data()[i] - exact.derivative(at)) <= 5e-5 * scale);
    }
  }
}

TEST_CASE("activations in place give the same bits as out of place") {
  Generator random(1);
  const Tensor x = Tensor::normal({1003}, 0, 3, random);
  for (const ActivationFunction& function : activation_functions()) {
    Tensor out_of_place = Tensor::empty(x.shape()), in_place = x.clone();
    function.forward(x.data(), out_of_place.data(), x.size(), function.parameter);
    function.forward(in_place.data(), in_place.data(), x.size(), function.parameter);
    CHECK(same_bits(out_of_place, in_place));
  }
}
