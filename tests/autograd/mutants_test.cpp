// Typical mistakes in backward formulas. Each must fail the gradient check; otherwise a passed check would mean
// nothing.
#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/gradient_check/gradient_check.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/tape.h>
#include <gradus/engine.h>
#include <gradus/layers/convolution/conv2d.h>
#include <gradus/layers/convolution/pooling.h>
#include <gradus/layers/convolution/up_sampling.h>
#include <gradus/layers/dropout/dropout_kernel.h>
#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace gradus;

namespace {

using Call = std::function<Variable(const std::vector<Variable>&)>;

constexpr Real epsilon = 1e-3;

Tensor normal(const Shape& shape, std::uint64_t seed) {
  Generator random(seed);
  return Tensor::normal(shape, 0, 1, random);
}

const std::vector<Tensor> normalization_inputs{normal({4, 3}, 1), normal({3}, 2), normal({3}, 3)};

bool passes(const Call& f, const std::vector<Tensor>& inputs) { return check_gradients(f, inputs).passed; }

/// The check of many projects: of the plain sum of all outputs.
bool passes_plain_sum(const Call& f, const std::vector<Tensor>& inputs) {
  return check_gradients([&](const std::vector<Variable>& x) { return sum(f(x)); }, inputs).passed;
}

/// What a backward pass knows about an element and the group (a column, or a row) that it is normalized with. `g` is
/// the upstream gradient of xhat for a row, of y for a column.
struct Element {
  Real g, xhat, gamma, inv_std, variance, m, sum_g, sum_g_xhat;
};

// --- batch normalization --------------------------------------------------------------------------------------------

struct BatchNormalizationFormulas {
  const char* bug;
  bool passes_plain_sum;
  Real (*dx)(const Element& e);
  Real (*dgamma)(const Element& e) = [](const Element& e) { return e.sum_g_xhat; };
  Real (*dbeta)(const Element& e) = [](const Element& e) { return e.sum_g; };
};

Real correct_dx(const Element& e) { return e.gamma * e.inv_std * (e.g - e.sum_g / e.m - e.xhat * e.sum_g_xhat / e.m); }

const BatchNormalizationFormulas batch_normalization_formulas[] = {
    {"none", true, correct_dx},
    {"statistics taken as constants", false, [](const Element& e) { return e.gamma * e.inv_std * e.g; }},
    {"mean term missing", false,
     [](const Element& e) { return e.gamma * e.inv_std * (e.g - e.xhat * e.sum_g_xhat / e.m); }},
    {"xhat term missing", true, [](const Element& e) { return e.gamma * e.inv_std * (e.g - e.sum_g / e.m); }},
    {"xhat term added", true,
     [](const Element& e) { return e.gamma * e.inv_std * (e.g - e.sum_g / e.m + e.xhat * e.sum_g_xhat / e.m); }},
    {"centered x instead of xhat", true,
     [](const Element& e) {
       return e.gamma * e.inv_std * (e.g - e.sum_g / e.m - e.xhat / e.inv_std * e.sum_g_xhat / e.m);
     }},
    {"gamma missing", true, [](const Element& e) { return correct_dx(e) / e.gamma; }},
    {"1/m missing", false,
     [](const Element& e) { return e.gamma * e.inv_std * (e.g - e.sum_g - e.xhat * e.sum_g_xhat); }},
    {"1/(m-1) instead of 1/m", false,
     [](const Element& e) { return e.gamma * e.inv_std * (e.g - (e.sum_g + e.xhat * e.sum_g_xhat) / (e.m - 1)); }},
    {"sums exchanged", false,
     [](const Element& e) { return e.gamma * e.inv_std * (e.g - e.sum_g_xhat / e.m - e.xhat * e.sum_g / e.m); }},
    {"epsilon missing", true, [](const Element& e) { return correct_dx(e) / e.inv_std / std::sqrt(e.variance); }},
    {"variance instead of deviation", true, [](const Element& e) { return correct_dx(e) * e.inv_std; }},
    {"dgamma without xhat", false, correct_dx, [](const Element& e) { return e.sum_g; }},
    {"dgamma times gamma", true, correct_dx, [](const Element& e) { return e.gamma * e.sum_g_xhat; }},
    {"dgamma of centered x", true, correct_dx, [](const Element& e) { return e.sum_g_xhat / e.inv_std; }},
    {"dbeta averaged", false, correct_dx, [](const Element& e) { return e.sum_g_xhat; },
     [](const Element& e) { return e.sum_g / e.m; }},
};

Variable mutated_batch_normalization(const std::vector<Variable>& inputs, const BatchNormalizationFormulas& formulas) {
  MovingStatistics moving{Tensor::zeros({3}), Tensor::ones({3})};
  const Tensor x = inputs[0].value();
  const Tensor gamma = inputs[1].value();
  const Tensor y = batch_normalization(x, gamma, inputs[2].value(), moving, epsilon, Mode::training).value();
  return record("mutant", y, {inputs[0], inputs[1], inputs[2]}, [=](const Tensor& dy, Gradients& d) {
    const Index rows = x.shape()[0];
    Tensor dx = d.out(0), dgamma = d.out(1), dbeta = d.out(2);
    for (Index c = 0; c < 3; ++c) {
      Real mean = 0, variance = 0;
      for (Index r = 0; r < rows; ++r) mean += x.at({r, c}) / Real(rows);
      for (Index r = 0; r < rows; ++r) variance += (x.at({r, c}) - mean) * (x.at({r, c}) - mean) / Real(rows);
      Element e{0, 0, gamma.at({c}), 1 / std::sqrt(variance + epsilon), variance, Real(rows), 0, 0};
      const auto xhat = [&](Index r) { return (x.at({r, c}) - mean) * e.inv_std; };
      for (Index r = 0; r < rows; ++r) {
        e.sum_g += dy.at({r, c});
        e.sum_g_xhat += dy.at({r, c}) * xhat(r);
      }
      for (Index r = 0; r < rows; ++r) {
        e.g = dy.at({r, c});
        e.xhat = xhat(r);
        dx.data()[r * 3 + c] = formulas.dx(e);
      }
      dgamma.data()[c] = formulas.dgamma(e);
      dbeta.data()[c] = formulas.dbeta(e);
    }
  });
}

// --- layer normalization --------------------------------------------------------------------------------------------

struct LayerNormalizationFormulas {
  const char* bug;
  Real (*dx)(const Element& e);
  Real (*dgamma)(Real g, Real xhat) = [](Real g, Real xhat) { return g * xhat; };
};

Real correct_row_dx(const Element& e) { return e.inv_std * (e.g - e.sum_g / e.m - e.xhat * e.sum_g_xhat / e.m); }

const LayerNormalizationFormulas layer_normalization_formulas[] = {
    {"none", correct_row_dx},
    {"statistics taken as constants", [](const Element& e) { return e.inv_std * e.g; }},
    {"mean term missing", [](const Element& e) { return e.inv_std * (e.g - e.xhat * e.sum_g_xhat / e.m); }},
    {"xhat term missing", [](const Element& e) { return e.inv_std * (e.g - e.sum_g / e.m); }},
    {"gamma missing", [](const Element& e) { return correct_row_dx(e) / e.gamma; }},
    {"epsilon missing", [](const Element& e) { return correct_row_dx(e) / e.inv_std / std::sqrt(e.variance); }},
    {"dgamma without xhat", correct_row_dx, [](Real g, Real) { return g; }},
};

Variable mutated_layer_normalization(const std::vector<Variable>& inputs, const LayerNormalizationFormulas& formulas) {
  const Tensor x = inputs[0].value();
  const Tensor gamma = inputs[1].value();
  const Tensor y = layer_normalization(x, gamma, inputs[2].value(), epsilon).value();
  return record("mutant", y, {inputs[0], inputs[1], inputs[2]}, [=](const Tensor& dy, Gradients& d) {
    const Index n = x.shape()[1];
    Tensor dx = d.out(0), dgamma = d.out(1), dbeta = d.out(2);
    dgamma.fill(0);
    dbeta.fill(0);
    for (Index r = 0; r < x.shape()[0]; ++r) {
      Real mean = 0, variance = 0;
      for (Index c = 0; c < n; ++c) mean += x.at({r, c}) / Real(n);
      for (Index c = 0; c < n; ++c) variance += (x.at({r, c}) - mean) * (x.at({r, c}) - mean) / Real(n);
      Element e{0, 0, 0, 1 / std::sqrt(variance + epsilon), variance, Real(n), 0, 0};
      const auto xhat = [&](Index c) { return (x.at({r, c}) - mean) * e.inv_std; };
      for (Index c = 0; c < n; ++c) {
        e.sum_g += dy.at({r, c}) * gamma.at({c});
        e.sum_g_xhat += dy.at({r, c}) * gamma.at({c}) * xhat(c);
      }
      for (Index c = 0; c < n; ++c) {
        e.gamma = gamma.at({c});
        e.g = dy.at({r, c}) * e.gamma;
        e.xhat = xhat(c);
        dx.data()[r * n + c] = formulas.dx(e);
        dgamma.data()[c] += formulas.dgamma(dy.at({r, c}), e.xhat);
        dbeta.data()[c] += dy.at({r, c});
      }
    }
  });
}

// --- one input ------------------------------------------------------------------------------------------------------

struct Mutant {
  const char* bug;
  /// The gradient of x, from x, y and dy.
  std::function<Variable(const Variable& x, const Variable& y, const Variable& dy)> dx;
};

/// A function of one input with the gradient of the mutant.
Call mutated(const Call& f, const Mutant& mutant) {
  return [&](const std::vector<Variable>& inputs) {
    const Tensor x = inputs[0].value();
    const Tensor y = f({x}).value();
    return record("mutant", y, {inputs[0]},
                  [x, y, &mutant](const Tensor& dy, Gradients& d) { d.set(0, mutant.dx(x, y, dy).value()); });
  };
}

/// The first mutant is the correct formula; all others must fail.
void check_mutants(const Call& f, const Tensor& x, const std::vector<Mutant>& mutants) {
  for (std::size_t i = 0; i < mutants.size(); ++i) {
    INFO("bug: ", mutants[i].bug);
    CHECK(passes(mutated(f, mutants[i]), {x}) == (i == 0));
  }
}

}  // namespace

TEST_CASE("wrong gradients of batch normalization are caught") {
  for (const BatchNormalizationFormulas& formulas : batch_normalization_formulas) {
    INFO("bug: ", formulas.bug);
    const Call f = [&](const std::vector<Variable>& x) { return mutated_batch_normalization(x, formulas); };
    CHECK(passes(f, normalization_inputs) == (formulas.bug == std::string("none")));
  }
}

TEST_CASE("a plain sum misses half of them; hence the random upstream gradient") {
  int missed = -1;  // without the correct formula
  for (const BatchNormalizationFormulas& formulas : batch_normalization_formulas) {
    INFO("bug: ", formulas.bug);
    const Call f = [&](const std::vector<Variable>& x) { return mutated_batch_normalization(x, formulas); };
    CHECK(passes_plain_sum(f, normalization_inputs) == formulas.passes_plain_sum);
    missed += formulas.passes_plain_sum;
  }
  CHECK(missed == 8);
}

TEST_CASE("gradients through batch statistics in inference are caught") {
  const Call f = [](const std::vector<Variable>& x) {
    MovingStatistics moving{Tensor::from({0.5, -1, 0}), Tensor::from({2, 1, 0.5})};
    const Tensor y = batch_normalization(x[0].value(), {}, {}, moving, epsilon, Mode::inference).value();
    return record("mutant", y, {x[0]}, [v = x[0].value()](const Tensor& dy, Gradients& d) {
      GradientTape tape;
      MovingStatistics unused{Tensor::zeros({3}), Tensor::ones({3})};
      const Variable leaf = tape.watch(v);
      tape.backward(sum(batch_normalization(leaf, {}, {}, unused, epsilon, Mode::training) * dy));
      d.set(0, tape.gradient(leaf));
    });
  };
  CHECK_FALSE(passes(f, {normalization_inputs[0]}));
}

TEST_CASE("wrong gradients of layer normalization are caught") {
  for (const LayerNormalizationFormulas& formulas : layer_normalization_formulas) {
    INFO("bug: ", formulas.bug);
    const Call f = [&](const std::vector<Variable>& x) { return mutated_layer_normalization(x, formulas); };
    CHECK(passes(f, normalization_inputs) == (formulas.bug == std::string("none")));
  }
}

TEST_CASE("wrong gradients of group normalization are caught") {
  // x (2, 2, 4) in 2 groups: the mean over the positions of a sample and the channels of a group, in the shape of x.
  const auto over = [](const Axes& axes, const Shape& split) {
    return [=](const Variable& v) {
      const Variable grouped = reshape(v, split);
      return reshape(mean(grouped, axes, KeepDims::yes) + Tensor::zeros(split), v.shape());
    };
  };
  const auto group = over({1, 3}, {2, 2, 2, 2}), sample = over({1}, {2, 8}), channel = over({1}, {2, 2, 4}),
             position = over({2}, {4, 2, 2}), strided = over({1, 2}, {2, 2, 2, 2});
  const auto statistics = [=](const Variable& x) {
    const Variable inv_std = 1 / sqrt(group(square(x - group(x))) + epsilon);
    return std::pair{(x - group(x)) * inv_std, inv_std};
  };
  const auto dx = [=](const auto& average) {
    return [=](const Variable& x, const Variable&, const Variable& dy) {
      const auto [xhat, inv_std] = statistics(x);
      return inv_std * (dy - average(dy) - xhat * average(dy * xhat));
    };
  };
  const Call f = [](const std::vector<Variable>& x) { return group_normalization(x[0], {}, {}, 2, epsilon); };
  check_mutants(
      f, normal({2, 2, 4}, 7),
      {
          {"none", dx(group)},
          {"means over the whole sample", dx(sample)},
          {"means over single channels", dx(channel)},
          {"means over single positions", dx(position)},
          {"interleaved channels", dx(strided)},
          {"statistics taken as constants", [=](auto& x, auto&, auto& dy) { return statistics(x).second * dy; }},
          {"mean term missing",
           [=](auto& x, auto&, auto& dy) {
             const auto [xhat, inv_std] = statistics(x);
             return inv_std * (dy - xhat * group(dy * xhat));
           }},
          {"xhat term missing", [=](auto& x, auto&, auto& dy) { return statistics(x).second * (dy - group(dy)); }},
      });
}

TEST_CASE("wrong gradients of RMS normalization are caught") {
  const auto row_mean = [](const Variable& v) { return mean(v, {-1}, KeepDims::yes); };
  const auto inv_rms = [=](const Variable& x) { return 1 / sqrt(row_mean(square(x)) + epsilon); };
  const Call f = [](const std::vector<Variable>& x) { return rms_normalization(x[0], {}, epsilon); };
  check_mutants(
      f, normal({4, 3}, 8),
      {
          {"none", [=](auto& x, auto& y, auto& dy) { return inv_rms(x) * (dy - y * row_mean(dy * y)); }},
          {"rms taken as constant", [=](auto& x, auto&, auto& dy) { return inv_rms(x) * dy; }},
          {"centered, as in layer normalization",
           [=](auto& x, auto& y, auto& dy) { return inv_rms(x) * (dy - row_mean(dy) - y * row_mean(dy * y)); }},
          {"sum instead of mean",
           [=](auto& x, auto& y, auto& dy) { return inv_rms(x) * (dy - y * row_mean(dy * y) * 3); }},
          {"mean over the batch",
           [=](auto& x, auto& y, auto& dy) { return inv_rms(x) * (dy - y * mean(dy * y, {0}, KeepDims::yes)); }},
          {"x instead of xhat", [=](auto& x, auto&, auto& dy) { return inv_rms(x) * (dy - x * row_mean(dy * x)); }},
          {"1/rms missing", [=](auto&, auto& y, auto& dy) { return dy - y * row_mean(dy * y); }},
      });
}

TEST_CASE("wrong gradients of convolution are caught") {
  const Tensor kernel = normal({3, 3, 2, 2}, 9);  // down, across, channel, output
  const auto turned = [&](bool down, bool across, bool channels) {
    Tensor result = Tensor::empty(kernel.shape());
    for (Index i = 0; i < kernel.size(); ++i) {
      const Index a = i / 12, b = i / 4 % 3, c = i / 2 % 2, o = i % 2;
      result(down ? 2 - a : a, across ? 2 - b : b, channels ? o : c, channels ? c : o) = kernel.data()[i];
    }
    return result;
  };
  const ConvolutionGeometry same{.padding = "same"};
  const Call f = [=](const std::vector<Variable>& x) { return conv2d(x[0], kernel, {}, same); };
  const auto dx = [=](const Tensor& weights) {
    return [=](const Variable&, const Variable&, const Variable& dy) { return conv2d(dy, weights, {}, same); };
  };
  check_mutants(f, normal({1, 4, 3, 2}, 10),
                {
                    {"none", dx(turned(true, true, true))},
                    {"kernel not flipped", dx(turned(false, false, true))},
                    {"flipped down only", dx(turned(true, false, true))},
                    {"flipped across only", dx(turned(false, true, true))},
                    {"channels and outputs not exchanged", dx(turned(true, true, false))},
                    {"of the kernel's middle only",
                     [=](auto&, auto&, auto& dy) {
                       return matmul(reshape(dy, {12, 2}), Variable(kernel.reshape({9, 4}).rows(4, 5).reshape({2, 2})));
                     }},
                });
}

TEST_CASE("wrong gradients of pooling are caught") {
  const Call f = [](const std::vector<Variable>& x) { return average_pooling_2d(x[0], 2, {.padding = "same"}); };
  const auto shares = [](const Tensor& count) {
    return [=](const Variable&, const Variable&, const Variable& dy) { return up_sampling_2d(dy, 2) / count; };
  };
  // 4 x 3 positions: the windows of the last column cover 2, the others 4; up-sampling gives a column too many.
  const auto counts = [](std::vector<Real> of_a_line) {
    Tensor count = Tensor::empty({1, 4, 4, 1});
    for (Index i = 0; i < count.size(); ++i) count.data()[i] = of_a_line[static_cast<std::size_t>(i % 4)];
    return count;
  };
  const auto cut = [](auto gradient) {
    return [=](const Variable& x, const Variable& y, const Variable& dy) {
      return reshape(slice(reshape(gradient(x, y, dy), {4, 4}), 1, 0, 3), {1, 4, 3, 1});
    };
  };
  check_mutants(f, normal({1, 4, 3, 1}, 11),
                {
                    {"none", cut(shares(counts({4, 4, 2, 2})))},
                    {"padding counted", cut(shares(counts({4, 4, 4, 4})))},
                    {"not divided", cut(shares(counts({1, 1, 1, 1})))},
                });
}

TEST_CASE("wrong gradients of batch renormalization are caught") {
  // The averages are so far away that r is 2 and d is -0.5, also for the differences.
  const Call f = [](const std::vector<Variable>& x) {
    MovingStatistics moving{Tensor::zeros({3}), Tensor::ones({3})};
    Renormalization renorm{Tensor::full({3}, 100), Tensor::full({3}, 0.01), 0.9, 2, 0.5};
    return batch_renormalization(x[0], {}, {}, moving, renorm, epsilon, Mode::training);
  };
  const auto column_mean = [](const Variable& v) { return mean(v, {0}, KeepDims::yes); };
  const auto statistics = [=](const Variable& x) {
    const Variable inv_std = 1 / sqrt(column_mean(square(x - column_mean(x))) + epsilon);
    return std::pair{(x - column_mean(x)) * inv_std, inv_std};
  };
  const auto dx = [=](const Variable& x, const Variable& dy) {
    const auto [xhat, inv_std] = statistics(x);
    return inv_std * (dy - column_mean(dy) - xhat * column_mean(dy * xhat));
  };
  check_mutants(f, normal({4, 3}, 9),
                {
                    {"none", [=](auto& x, auto&, auto& dy) { return dx(x, dy) * 2; }},
                    {"r missing", [=](auto& x, auto&, auto& dy) { return dx(x, dy); }},
                    {"y instead of xhat",
                     [=](auto& x, auto& y, auto& dy) {
                       return statistics(x).second * (dy - column_mean(dy) - y * column_mean(dy * y)) * 2;
                     }},
                    {"averages instead of statistics", [=](auto&, auto&, auto& dy) { return dy / Real(0.01); }},
                });
}

TEST_CASE("wrong gradients of dropout are caught") {
  constexpr RandomKey key{1, 2};
  const Call f = [=](const std::vector<Variable>& x) { return dropout(x[0], 0.4, key, Mode::training); };
  check_mutants(
      f, normal({4, 3}, 4),
      {
          {"none", [=](auto&, auto&, auto& dy) { return drop(dy.value(), 0.4, key); }},
          {"not scaled",
           [=](auto&, auto&, auto& dy) { return drop(dy.value(), 0.4, key) * Variable(Tensor::full({}, 0.6)); }},
          {"another mask",
           [](auto&, auto&, auto& dy) {
             return drop(dy.value(), 0.4, {1, 3});
           }},
          {"no mask", [](auto&, auto&, auto& dy) { return dy / 0.6; }},
          {"identity", [](auto&, auto&, auto& dy) { return dy; }},
      });
}

TEST_CASE("wrong gradients of softmax are caught") {
  const auto row_sum = [](const Variable& v) { return sum(v, {-1}, KeepDims::yes); };
  const Call f = [](const std::vector<Variable>& x) { return softmax(x[0]); };
  check_mutants(f, normal({4, 3}, 5),
                {
                    {"none", [=](auto&, auto& y, auto& dy) { return y * (dy - row_sum(y * dy)); }},
                    {"sum missing", [=](auto&, auto& y, auto& dy) { return y * dy; }},
                    {"diagonal only", [=](auto&, auto& y, auto& dy) { return y * (1 - y) * dy; }},
                    {"sum without y", [=](auto&, auto& y, auto& dy) { return y * (dy - row_sum(dy)); }},
                    {"y missing", [=](auto&, auto& y, auto& dy) { return dy - row_sum(y * dy); }},
                    {"sum over the other axis",
                     [=](auto&, auto& y, auto& dy) { return y * (dy - sum(y * dy, {0}, KeepDims::yes)); }},
                });
}

TEST_CASE("wrong gradients of softmax_cross_entropy are caught") {
  const Tensor labels = Tensor::from({0, 2, 1, 2});
  const Tensor onehot = Tensor::from({{1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 0, 1}});
  const Call f = [=](const std::vector<Variable>& x) { return softmax_cross_entropy(x[0], labels); };
  check_mutants(
      f, normal({4, 3}, 6),
      {
          {"none", [=](auto& x, auto&, auto& dy) { return (softmax(x) - onehot) / 4 * dy; }},
          {"sum instead of mean", [=](auto& x, auto&, auto& dy) { return (softmax(x) - onehot) * dy; }},
          {"mean over all elements", [=](auto& x, auto&, auto& dy) { return (softmax(x) - onehot) / 12 * dy; }},
          {"labels missing", [=](auto& x, auto&, auto& dy) { return softmax(x) / 4 * dy; }},
          {"softmax missing", [=](auto&, auto&, auto& dy) { return -Variable(onehot) / 4 * dy; }},
          {"upstream ignored", [=](auto& x, auto&, auto&) { return (softmax(x) - onehot) / 4; }},
          {"softmax of softmax", [=](auto& x, auto&, auto& dy) { return (softmax(softmax(x)) - onehot) / 4 * dy; }},
      });
}

TEST_CASE("wrong gradients of softmax_cross_entropy with all its options are caught") {
  // Smoothing 0.3 over 3 classes, weights by class and by sample; the third sample is ignored.
  const Tensor labels = Tensor::from({0, 2, 1, 2}), w = Tensor::from({1, 2, 0.5}), s = Tensor::from({1, 3, 2, 0.5});
  const CrossEntropyOptions options{.label_smoothing = 0.3, .class_weights = w, .ignore_label = 1, .sample_weights = s};
  const Variable counted = Tensor::from({{1}, {3}, {0}, {0.5}}), everything = Tensor::from({{1}, {3}, {2}, {0.5}});
  const Variable q = Tensor::from({{0.8, 0.1, 0.1}, {0.1, 0.1, 0.8}, {0.1, 0.8, 0.1}, {0.1, 0.1, 0.8}});
  const Variable hard = Tensor::from({{1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 0, 1}});
  const Real divisor = 1 * 1 + 3 * 0.5 + 0.5 * 0.5;
  const auto row_sum = [](const Variable& v) { return sum(v, {-1}, KeepDims::yes); };
  const auto of = [=](const Variable& t) {  // for targets t weighted by class
    return [=](const Variable& x, const Variable&, const Variable& dy) {
      return (row_sum(t) * softmax(x) - t) * counted / divisor * dy;
    };
  };
  const Call f = [=](const std::vector<Variable>& x) { return softmax_cross_entropy(x[0], labels, options); };
  check_mutants(
      f, normal({4, 3}, 7),
      {
          {"none", of(q * w)},
          {"not smoothed", of(hard * w)},
          {"classes not weighted", of(q)},
          {"only the weight of the label", of(q * row_sum(hard * w))},
          {"sum of targets taken as 1",
           [=](auto& x, auto&, auto& dy) { return (softmax(x) - q * w) * counted / divisor * dy; }},
          {"samples not weighted", [=](auto& x, auto& y, auto& dy) { return of(q * w)(x, y, dy) / everything; }},
          {"ignored sample counted",
           [=](auto& x, auto&, auto& dy) { return (row_sum(q * w) * softmax(x) - q * w) * everything / divisor * dy; }},
          {"divided by the number of samples",
           [=](auto& x, auto& y, auto& dy) { return of(q * w)(x, y, dy) * divisor / 3; }},
      });
}

TEST_CASE("wrong gradients of elementwise losses are caught") {
  const Tensor target = Tensor::from({{0.2, 1, 0}, {0.7, 0, 1}, {0, 0.4, 0}, {1, 0.5, 0.9}});
  const Tensor weights = Tensor::from({1, 3, 0, 0.5});
  const Variable t = target, share = Tensor::from({{1 / 13.5}, {3 / 13.5}, {0}, {0.5 / 13.5}});
  const auto sign = [](const Variable& x) { return x / abs(x); };
  const auto clip = [](const Variable& x, Real c) {
    return maximum(-maximum(-x, Tensor::full({}, -c)), Tensor::full({}, -c));
  };
  const Tensor x = normal({4, 3}, 8);
  check_mutants(
      [=](const std::vector<Variable>& v) { return binary_cross_entropy(v[0], target, weights); }, x,
      {
          {"none", [=](auto& v, auto&, auto& dy) { return (sigmoid(v) - t) * share * dy; }},
          {"target missing", [=](auto& v, auto&, auto& dy) { return sigmoid(v) * share * dy; }},
          {"for a probability",
           [=](auto& v, auto&, auto& dy) { return (sigmoid(v) - t) / (sigmoid(v) * (1 - sigmoid(v))) * share * dy; }},
          {"not weighted", [=](auto& v, auto&, auto& dy) { return (sigmoid(v) - t) / 12 * dy; }},
          {"divided by the number of samples",
           [=](auto& v, auto&, auto& dy) { return (sigmoid(v) - t) * share * 4.5 / 4 * dy; }},
          {"upstream ignored", [=](auto& v, auto&, auto&) { return (sigmoid(v) - t) * share; }},
      });
  check_mutants([=](const std::vector<Variable>& v) { return mean_absolute_error(v[0], target); }, x,
                {
                    {"none", [=](auto& v, auto&, auto& dy) { return sign(v - t) / 12 * dy; }},
                    {"sign reversed", [=](auto& v, auto&, auto& dy) { return sign(t - v) / 12 * dy; }},
                    {"for the square", [=](auto& v, auto&, auto& dy) { return (v - t) / 6 * dy; }},
                    {"sum instead of mean", [=](auto& v, auto&, auto& dy) { return sign(v - t) * dy; }},
                });
  check_mutants([=](const std::vector<Variable>& v) { return huber(v[0], target, 0.6); }, x,
                {
                    {"none", [=](auto& v, auto&, auto& dy) { return clip(v - t, 0.6) / 12 * dy; }},
                    {"clipped at 1", [=](auto& v, auto&, auto& dy) { return clip(v - t, 1) / 12 * dy; }},
                    {"not clipped", [=](auto& v, auto&, auto& dy) { return (v - t) / 12 * dy; }},
                    {"divided by delta", [=](auto& v, auto&, auto& dy) { return clip(v - t, 0.6) / 7.2 * dy; }},
                    {"2 not cancelled", [=](auto& v, auto&, auto& dy) { return clip(v - t, 0.6) / 6 * dy; }},
                });
  check_mutants(
      [](const std::vector<Variable>& v) {
        return l1_l2(v[0], {0.3, 0.2});
      },
      x,
      {
          {"none", [=](auto& v, auto&, auto& dy) { return (0.3 * sign(v) + 0.4 * v) * dy; }},
          {"half", [=](auto& v, auto&, auto& dy) { return (0.3 * sign(v) + 0.2 * v) * dy; }},
          {"l1 of the weight", [=](auto& v, auto&, auto& dy) { return (0.3 * v + 0.4 * v) * dy; }},
          {"l2 missing", [=](auto& v, auto&, auto& dy) { return 0.3 * sign(v) * dy; }},
          {"upstream ignored", [=](auto& v, auto&, auto&) { return 0.3 * sign(v) + 0.4 * v; }},
      });
}

TEST_CASE("the check reports the worst element; NaN is the worst") {
  const Call cube = [](const std::vector<Variable>& x) { return x[0] * x[0] * x[0]; };
  const auto gradient_at_1 = [&](Real value) {  // for the second of three elements, instead of 3 * 2^2
    const Mutant mutant{"", [=](const Variable& x, const Variable&, const Variable& dy) {
                          const Tensor correct = (3 * square(x) * dy).value();
                          Tensor wrong = correct.clone();
                          wrong.data()[1] = value;
                          return dy.value().at({1}) == 0 ? Variable(correct) : Variable(wrong);
                        }};
    return check_gradients(mutated(cube, mutant), {Tensor::from({1, 2, 3})});
  };
  const GradientCheck wrong = gradient_at_1(1e6);
  CHECK_FALSE(wrong.passed);
  CHECK(wrong.max_error > 9e5);
  CHECK(wrong.report.starts_with("input 0, element 1: tape 1000000, numeric "));
  CHECK(wrong.report.ends_with(" times the tolerance"));
  const GradientCheck not_a_number = gradient_at_1(std::numeric_limits<Real>::quiet_NaN());
  CHECK_FALSE(not_a_number.passed);
  CHECK(not_a_number.report.starts_with("input 0, element 1: tape nan, numeric "));
  CHECK_FALSE(gradient_at_1(std::numeric_limits<Real>::infinity()).passed);
}
