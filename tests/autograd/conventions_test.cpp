// Derivatives that are a matter of convention, and other cases that random inputs do not cover.
#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace gradus;

namespace {

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();

/// The gradient of sum(f(x)).
Tensor slope(const std::function<Variable(const Variable&)>& f, const Tensor& x) {
  GradientTape tape;
  const Variable leaf = tape.watch(x);
  tape.backward(sum(f(leaf)));
  return tape.gradient(leaf);
}

Real slope_at(const std::function<Variable(const Variable&)>& f, Real x) {
  return slope(f, Tensor::full({}, x)).item();
}

}  // namespace

TEST_CASE("equal elements share a gradient equally") {
  const Tensor x = Tensor::from({1, 2, 3}), other = Tensor::from({1, 3, 2});
  CHECK(same_bits(slope([&](const Variable& v) { return maximum(v, other); }, x), Tensor::from({Real(0.5), 0, 1})));
  CHECK(same_bits(slope([&](const Variable& v) { return maximum(other, v); }, x), Tensor::from({Real(0.5), 0, 1})));
  CHECK(same_bits(slope([](const Variable& v) { return maximum(v, v); }, x), Tensor::ones({3})));
  const Tensor tied = Tensor::from({{2, 2, 1}, {0, 3, 3}});
  CHECK(same_bits(slope([](const Variable& v) { return max(v); }, tied),
                  Tensor::from({{0, 0, 0}, {0, Real(0.5), Real(0.5)}})));
  CHECK(same_bits(slope([](const Variable& v) { return max(v, {1}); }, tied),
                  Tensor::from({{Real(0.5), Real(0.5), 0}, {0, Real(0.5), Real(0.5)}})));
}

TEST_CASE("derivatives at kinks") {
  CHECK(slope_at([](const Variable& x) { return abs(x); }, 0) == 0);
  CHECK(slope_at(relu, 0) == 0);
  CHECK(slope_at([](const Variable& x) { return leaky_relu(x, Real(0.25)); }, 0) == Real(0.25));
  CHECK(slope_at([](const Variable& x) { return elu(x, Real(0.5)); }, 0) == Real(0.5));
  CHECK(slope_at([](const Variable& x) { return sqrt(x); }, 0) == infinity);
  CHECK(slope_at([](const Variable& x) { return log(x); }, 0) == infinity);
  CHECK(slope_at([](const Variable& x) { return pow(x, 0); }, 0) == 0);
  CHECK(slope_at([](const Variable& x) { return pow(x, 1); }, 0) == 1);
  CHECK(slope_at([](const Variable& x) { return pow(x, 2); }, 0) == 0);
}

TEST_CASE("NaN in, NaN out") {
  const Tensor x = Tensor::full({2, 3}, not_a_number);
  const auto all_nan = [](const Variable& y) {
    for (const Real value : y.value().values()) {
      if (!std::isnan(value)) return false;
    }
    return true;
  };
  Variable (*const functions[])(const Variable&) = {relu, sigmoid, tanh,   softplus, gelu,    silu,       exp,
                                                    log,  sqrt,    square, abs,      softmax, log_softmax};
  for (const auto& f : functions) CHECK(all_nan(f(x)));
  CHECK(all_nan(leaky_relu(x)));
  CHECK(all_nan(elu(x)));
  CHECK(all_nan(maximum(x, Tensor::zeros({3}))));
  CHECK(all_nan(maximum(Tensor::zeros({3}), x)));
  CHECK(all_nan(max(x, {0})));
  CHECK(all_nan(mean(x)));
  CHECK(all_nan(softmax_cross_entropy(x, Tensor::zeros({2}))));
}

TEST_CASE("backward of a batch normalization in inference ignores later changes of the statistics") {
  MovingStatistics moving{Tensor::from({1, 2}), Tensor::from({4, 9})};
  const Tensor x = Tensor::from({{3, 5}, {7, 11}});
  const auto gradients = [&](bool move) {
    GradientTape tape;
    const Variable v = tape.watch(x), gamma = tape.watch(Tensor::ones({2}));
    const Variable y = batch_normalization(v, gamma, {}, moving, Real(1e-3), Mode::inference);
    if (move) batch_normalization(x, {}, {}, moving, Real(1e-3), Mode::training);
    tape.backward(sum(y * x));
    return std::pair(tape.gradient(v), tape.gradient(gamma));
  };
  const auto [dx, dgamma] = gradients(false);
  const auto [dx_moved, dgamma_moved] = gradients(true);
  CHECK(same_bits(dx, dx_moved));
  CHECK(same_bits(dgamma, dgamma_moved));
}

TEST_CASE("backward of a linear function does not need the activation that was passed") {
  GradientTape tape;
  const Variable x = tape.watch(Tensor::from({{-1, 2}}));
  Variable y;
  {
    ActivationFunction leaky = activation_function("test", "leaky_relu");
    leaky.parameter = Real(0.5);
    y = linear(x, Tensor::from({{1, 0}, {0, 1}}), {}, &leaky);
    leaky = activation_function("test", "relu");
  }
  tape.backward(sum(y));
  CHECK(same_bits(tape.gradient(x), Tensor::from({{Real(0.5), 1}})));
}

TEST_CASE("dropout is the identity in inference and at rate 0") {
  GradientTape tape;
  const Variable x = tape.watch(Tensor::from({1, 2, 3}));
  CHECK(dropout(x, 0.5, {}, Mode::inference).value().data() == x.value().data());
  CHECK(dropout(x, 0, {}, Mode::training).value().data() == x.value().data());
  CHECK(tape.size() == 0);
}
