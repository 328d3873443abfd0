#include <gradus/core/kernels/activation.h>

#include <gradus/core/elementary.h>
#include <gradus/core/names.h>

#include <type_traits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct Linear {
  static constexpr bool from_output = true;
  static Real value(Real x, Real) { return x; }
  static Real derivative(Real, Real) { return 1; }
};

struct Relu {
  static constexpr bool from_output = true;
  static Real value(Real x, Real) { return x < 0 ? 0 : x; }  // NaN stays NaN
  static Real derivative(Real y, Real) { return y > 0 ? Real{1} : Real{0}; }
};

struct LeakyRelu {
  static constexpr bool from_output = true;  // the slope is positive, so y has the sign of x
  static Real value(Real x, Real slope) { return x < 0 ? slope * x : x; }
  static Real derivative(Real y, Real slope) { return y > 0 ? Real{1} : slope; }
};

struct Elu {
  static constexpr bool from_output = false;  // y + alpha would cancel for negative x
  static Real value(Real x, Real alpha) { return x > 0 ? x : alpha * elementary::expm1_of_negative(x > 0 ? 0 : x); }
  static Real derivative(Real x, Real alpha) { return x > 0 ? Real{1} : alpha * elementary::exp(x); }
};

struct Sigmoid {
  static constexpr bool from_output = true;
  static Real value(Real x, Real) { return elementary::sigmoid(x); }
  static Real derivative(Real y, Real) { return y * (1 - y); }
};

struct Tanh {
  static constexpr bool from_output = true;
  static Real value(Real x, Real) { return elementary::tanh(x); }
  static Real derivative(Real y, Real) { return 1 - y * y; }
};

struct Softplus {
  static constexpr bool from_output = false;
  static Real value(Real x, Real) { return elementary::softplus(x); }
  static Real derivative(Real x, Real) { return elementary::sigmoid(x); }
};

/// x Phi(x), with the exact normal distribution function Phi.
struct Gelu {
  static constexpr bool from_output = false;
  static Real value(Real x, Real) { return x * elementary::normal(x).cumulative; }
  static Real derivative(Real x, Real) {
    const auto [density, cumulative] = elementary::normal(x);
    return cumulative + x * density;
  }
};

struct Silu {
  static constexpr bool from_output = false;
  static Real value(Real x, Real) { return x * elementary::sigmoid(x); }
  static Real derivative(Real x, Real) {
    const Real s = elementary::sigmoid(x);
    return s * (1 + x * (1 - s));
  }
};

template <class F>
void forward(const Real* x, Real* y, Index n, Real parameter) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) y[i] = F::value(x[i], parameter);
}

template <class F>
void backward(const Real* x_or_y, const Real* dy, Real* dx, Index n, Real parameter) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) dx[i] = dy[i] * F::derivative(x_or_y[i], parameter);
}

template <class F>
constexpr ActivationFunction make(std::string_view name, Real parameter = 0) {
  constexpr bool rectifier = std::is_same_v<F, Relu> || std::is_same_v<F, LeakyRelu>;
  return {name, F::from_output, parameter, rectifier, forward<F>, backward<F>};
}

constexpr ActivationFunction functions[] = {
    make<Linear>("linear"),     make<Relu>("relu"),       make<LeakyRelu>("leaky_relu", Real(0.2)),
    make<Elu>("elu", 1),        make<Sigmoid>("sigmoid"), make<Tanh>("tanh"),
    make<Softplus>("softplus"), make<Gelu>("gelu"),       make<Silu>("silu"),
};

}  // namespace

std::span<const ActivationFunction> activation_functions() { return functions; }

const ActivationFunction& activation_function(std::string_view context, std::string_view name) {
  return *find_name(context, "activation", name, functions, &ActivationFunction::name);
}

}  // namespace gradus::inline GRADUS_PRECISION
