// Every fused function compared with the same function made of primitives: values and gradients, in double and in
// float, at a tiny and at a realistic size.
#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/engine.h>
#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>

#include <doctest/doctest.h>

#include <functional>
#include <limits>

using namespace gradus;

namespace {

using Call = std::function<Variable(const std::vector<Variable>&)>;

struct Result {
  Tensor value;
  std::vector<Tensor> gradients;
};

Result run(const Call& call, const std::vector<Tensor>& inputs) {
  GradientTape tape;
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.push_back(tape.watch(input));
  const Variable y = call(leaves);
  Generator random(11);
  tape.backward(sum(y * Tensor::normal(y.shape(), 0, 1, random)));
  Result result{y.value(), {}};
  for (const Variable& leaf : leaves) result.gradients.push_back(tape.gradient(leaf));
  return result;
}

/// `magnitude`: that of the intermediate results, whose rounding errors the results contain.
void compare(const Call& fused, const Call& plain, const std::vector<Tensor>& inputs, double magnitude = 1) {
  constexpr double ten_steps = 10 * std::numeric_limits<Real>::epsilon();
  const Tolerance tolerance{ten_steps, ten_steps * magnitude};
  const Result got = run(fused, inputs);
  const Result expected = run(plain, inputs);
  CHECK_EQ(difference(got.value, expected.value, tolerance), "");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    INFO("gradient of input ", i);
    CHECK_EQ(difference(got.gradients[i], expected.gradients[i], tolerance), "");
  }
}

Tensor normal(const Shape& shape, double mean = 0) {
  static Generator random(12);
  return Tensor::normal(shape, mean, 1, random);
}

Tensor labels(Index rows, Index classes) {
  Generator random(13);
  Tensor result = Tensor::empty({rows});
  for (Real& label : result.values()) label = static_cast<Real>(random.below(classes));
  return result;
}

const Shape sizes[] = {{4, 3}, {64, 256}};

Variable plain_softmax(const Variable& x) {
  const Variable e = exp(x - stop_gradient(max(x, {-1}, KeepDims::yes)));
  return e / sum(e, {-1}, KeepDims::yes);
}

Variable plain_log_softmax(const Variable& x) {
  const Variable shifted = x - stop_gradient(max(x, {-1}, KeepDims::yes));
  return shifted - log(sum(exp(shifted), {-1}, KeepDims::yes));
}

Variable scaled_and_shifted(const Variable& xhat, const Variable& gamma, const Variable& beta) {
  const Variable scaled = gamma.defined() ? xhat * gamma : xhat;
  return beta.defined() ? scaled + beta : scaled;
}

/// Batch and layer normalization, which differ only in the axes of the statistics.
Variable plain_normalization(const Variable& x, const Variable& gamma, const Variable& beta, const Axes& axes,
                             Real epsilon) {
  const Variable centered = x - mean(x, axes, KeepDims::yes);
  return scaled_and_shifted(centered / sqrt(mean(square(centered), axes, KeepDims::yes) + epsilon), gamma, beta);
}

/// Splits the channels into groups; the statistics are those of the positions and the channels of a group.
Variable plain_group_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Index groups,
                                   Real epsilon) {
  const Index samples = x.shape()[0], channels = x.shape()[-1];
  const Variable grouped = reshape(x, {samples, x.value().size() / samples / channels, groups, channels / groups});
  return scaled_and_shifted(reshape(plain_normalization(grouped, {}, {}, {1, 3}, epsilon), x.shape()), gamma, beta);
}

Variable clip(const Variable& x, const Variable& low, const Variable& high) {
  return -maximum(-maximum(x, low), -high);
}

constexpr Real epsilon = Real(1e-3);

}  // namespace

TEST_CASE("softmax") {
  for (const Shape& shape : sizes) {
    compare([](auto& x) { return softmax(x[0]); }, [](auto& x) { return plain_softmax(x[0]); }, {normal(shape)});
  }
}

TEST_CASE("log_softmax") {
  for (const Shape& shape : sizes) {
    compare([](auto& x) { return log_softmax(x[0]); }, [](auto& x) { return plain_log_softmax(x[0]); },
            {normal(shape)});
  }
}

TEST_CASE("softmax_cross_entropy") {
  for (const Shape& shape : sizes) {
    const Tensor target = labels(shape[0], shape[1]);
    compare([&](auto& x) { return softmax_cross_entropy(x[0], target); },
            [&](auto& x) { return -mean(gather(plain_log_softmax(x[0]), target)); }, {normal(shape)});
  }
}

TEST_CASE("softmax_cross_entropy with smoothing, weights and an ignored label") {
  for (const Shape& shape : sizes) {
    const Index n = shape[0], classes = shape[1];
    const Tensor target = labels(n, classes);
    const Tensor of_class = (square(normal({classes})) + Real(0.1)).value();
    const Tensor of_sample = square(normal({n})).value();
    for (unsigned bits = 0; bits < 16; ++bits) {
      INFO("options ", bits);
      CrossEntropyOptions options;
      if ((bits & 1) != 0) options.label_smoothing = 0.2;
      if ((bits & 2) != 0) options.class_weights = of_class;
      if ((bits & 4) != 0) options.ignore_label = static_cast<Index>(target.data()[0]);
      if ((bits & 8) != 0) options.sample_weights = of_sample;
      Tensor parts = Tensor::zeros(shape);  // weights of -log p
      Real divisor = 0;
      for (Index i = 0; i < n; ++i) {
        const auto label = static_cast<Index>(target.data()[i]);
        if (options.ignore_label == label) continue;
        const Real s = (bits & 8) != 0 ? of_sample.data()[i] : 1;
        for (Index c = 0; c < classes; ++c) {
          const double q =
              (1 - options.label_smoothing) * (c == label) + options.label_smoothing / static_cast<double>(classes);
          parts.data()[i * classes + c] = s * ((bits & 2) != 0 ? of_class.data()[c] : 1) * static_cast<Real>(q);
        }
        divisor += s * ((bits & 2) != 0 ? of_class.data()[label] : 1);
      }
      compare([&](auto& x) { return softmax_cross_entropy(x[0], target, options); },
              [&](auto& x) { return -sum(plain_log_softmax(x[0]) * parts) / divisor; }, {normal(shape)});
    }
  }
}

TEST_CASE("elementwise losses, with and without weights") {
  struct Row {
    const char* name;
    std::function<Variable(const Variable& x, const Tensor& t, const Tensor& weights)> fused;
    std::function<Variable(const Variable& x, const Variable& t)> plain;
  };
  const auto minimum = [](const Variable& a, Real b) { return -maximum(-a, Tensor::full({}, -b)); };
  const Row rows[] = {
      {"binary_cross_entropy", binary_cross_entropy,
       [](const Variable& x, const Variable& t) {
         return maximum(x, Tensor::zeros({})) - x * t + log(1 + exp(-abs(x)));
       }},
      {"mean_squared_error", mean_squared_error, [](const Variable& x, const Variable& t) { return square(x - t); }},
      {"mean_absolute_error", mean_absolute_error, [](const Variable& x, const Variable& t) { return abs(x - t); }},
      {"huber", [](const Variable& x, const Tensor& t, const Tensor& w) { return huber(x, t, 0.6, w); },
       [&](const Variable& x, const Variable& t) {
         const Variable e = abs(x - t), near = minimum(e, Real(0.6));
         return square(near) / 2 + (e - near) * Real(0.6);
       }},
  };
  for (const Shape& shape : sizes) {
    const Tensor target = sigmoid(normal(shape)).value();
    const Tensor weights = square(normal({shape[0]})).value();
    const Variable normalized = Variable(weights) / sum(Variable(weights));
    for (const Row& row : rows) {
      INFO(row.name);
      compare([&](auto& x) { return row.fused(x[0], target, {}); },
              [&](auto& x) { return mean(row.plain(x[0], target)); }, {normal(shape)});
      compare([&](auto& x) { return row.fused(x[0], target, weights); },
              [&](auto& x) { return sum(mean(row.plain(x[0], target), {-1}) * normalized); }, {normal(shape)});
    }
  }
}

TEST_CASE("l1_l2") {
  for (const Shape& shape : sizes) {
    compare(
        [](auto& x) {
          return l1_l2(x[0], {0.3, 0.2});
        },
        [](auto& x) { return Real(0.3) * sum(abs(x[0])) + Real(0.2) * sum(square(x[0])); }, {normal(shape)});
  }
}

TEST_CASE("linear with every activation") {
  for (const Shape& shape : sizes) {
    for (const ActivationFunction& function : activation_functions()) {
      INFO("activation ", std::string(function.name));
      const Index units = shape[1] + 5;
      const std::vector<Tensor> inputs{normal(shape), normal({shape[1], units}), normal({units})};
      // Sums of 256 products of size 1; gradients of the kernel are sums of 64.
      const double magnitude = shape[1] > 100 ? 10 : 1;
      compare([&](auto& x) { return linear(x[0], x[1], x[2], &function); },
              [&](auto& x) { return activate(matmul(x[0], x[1]) + x[2], function); }, inputs, magnitude);
      compare([&](auto& x) { return linear(x[0], x[1], {}, &function); },
              [&](auto& x) { return activate(matmul(x[0], x[1]), function); }, {inputs[0], inputs[1]}, magnitude);
    }
    compare([&](auto& x) { return linear(x[0], x[1]); }, [&](auto& x) { return matmul(x[0], x[1]); },
            {normal(shape), normal({shape[1], 7})}, 10);
  }
}

TEST_CASE("numbers broadcast like tensors of one element") {
  const Tensor two = Tensor::full({1}, 2);
  for (const Shape& shape : sizes) {
    const std::vector<Tensor> x{(square(normal(shape)) + 1).value()};
    compare([](auto& v) { return v[0] + 2; }, [&](auto& v) { return v[0] + two; }, x);
    compare([](auto& v) { return 2 + v[0]; }, [&](auto& v) { return two + v[0]; }, x);
    compare([](auto& v) { return v[0] - 2; }, [&](auto& v) { return v[0] - two; }, x);
    compare([](auto& v) { return 2 - v[0]; }, [&](auto& v) { return two - v[0]; }, x);
    compare([](auto& v) { return v[0] * 2; }, [&](auto& v) { return v[0] * two; }, x);
    compare([](auto& v) { return 2 * v[0]; }, [&](auto& v) { return two * v[0]; }, x);
    compare([](auto& v) { return v[0] / 2; }, [&](auto& v) { return v[0] / two; }, x);
    compare([](auto& v) { return 2 / v[0]; }, [&](auto& v) { return two / v[0]; }, x);
  }
}

TEST_CASE("activations made of primitives") {
  for (const Shape& shape : sizes) {
    const std::vector<Tensor> x{normal(shape)};
    compare([](auto& v) { return relu(v[0]); }, [](auto& v) { return maximum(v[0], Tensor::zeros({})); }, x);
    compare([](auto& v) { return leaky_relu(v[0]); }, [](auto& v) { return maximum(v[0], v[0] * Real(0.2)); }, x);
    compare([](auto& v) { return sigmoid(v[0]); }, [](auto& v) { return 1 / (1 + exp(-v[0])); }, x);
    compare([](auto& v) { return tanh(v[0]); }, [](auto& v) { return 2 / (1 + exp(v[0] * -2)) - 1; }, x);
    compare([](auto& v) { return softplus(v[0]); }, [](auto& v) { return log(1 + exp(v[0])); }, x);
    compare([](auto& v) { return silu(v[0]); }, [](auto& v) { return v[0] / (1 + exp(-v[0])); }, x);
  }
}

TEST_CASE("normalizations, at mean 0 and 1000") {
  for (const Shape& shape : {Shape{4, 3}, Shape{64, 256}, Shape{8, 3, 5, 70}}) {
    for (const double mean_of_x : {0.0, 1000.0}) {
      INFO("shape ", to_string(shape), ", mean ", mean_of_x);
      const Shape f{shape[-1]};
      const std::vector<Tensor> inputs{normal(shape, mean_of_x), normal(f), normal(f)};
      // At mean 1000 the two means may be rounded differently; the difference is divided by deviations, which may be
      // small for 4 rows. Gradients of gamma are sums over up to 120 rows.
      const double magnitude = mean_of_x == 0 ? 10 : 5000;
      const auto gamma = [](auto& x, int variant) { return variant == 1 ? Variable{} : x[1]; };
      const auto beta = [](auto& x, int variant) { return variant == 2 ? Variable{} : x[2]; };
      for (const int variant : {0, 1, 2}) {  // all, without gamma, without beta
        INFO("variant ", variant);
        MovingStatistics moving{normal(f, mean_of_x), Tensor::full(f, 2)};
        const Axes rows = shape.rank() == 2 ? Axes{0} : Axes{0, 1, 2};
        compare(
            [&](auto& x) {
              return batch_normalization(x[0], gamma(x, variant), beta(x, variant), moving, epsilon, Mode::training);
            },
            [&](auto& x) { return plain_normalization(x[0], gamma(x, variant), beta(x, variant), rows, epsilon); },
            inputs, magnitude);
        compare(
            [&](auto& x) {
              return batch_normalization(x[0], gamma(x, variant), beta(x, variant), moving, epsilon, Mode::inference);
            },
            [&](auto& x) {
              const Variable xhat = (x[0] - moving.mean) / sqrt(Variable(moving.variance) + epsilon);
              return scaled_and_shifted(xhat, gamma(x, variant), beta(x, variant));
            },
            inputs, magnitude);
        compare([&](auto& x) { return layer_normalization(x[0], gamma(x, variant), beta(x, variant), epsilon); },
                [&](auto& x) { return plain_normalization(x[0], gamma(x, variant), beta(x, variant), {-1}, epsilon); },
                inputs, magnitude);
        for (const Index groups : {Index{1}, shape[-1] % 2 == 0 ? Index{2} : shape[-1]}) {
          compare(
              [&](auto& x) { return group_normalization(x[0], gamma(x, variant), beta(x, variant), groups, epsilon); },
              [&](auto& x) {
                return plain_group_normalization(x[0], gamma(x, variant), beta(x, variant), groups, epsilon);
              },
              inputs, magnitude);
        }
        compare([&](auto& x) { return instance_normalization(x[0], gamma(x, variant), beta(x, variant), epsilon); },
                [&](auto& x) {
                  return plain_group_normalization(x[0], gamma(x, variant), beta(x, variant), shape[-1], epsilon);
                },
                inputs, magnitude);
        compare([&](auto& x) { return rms_normalization(x[0], gamma(x, variant), epsilon); },
                [&](auto& x) {
                  const Variable xhat = x[0] / sqrt(mean(square(x[0]), {-1}, KeepDims::yes) + epsilon);
                  return scaled_and_shifted(xhat, gamma(x, variant), {});
                },
                {inputs[0], inputs[1]}, magnitude);
      }
    }
  }
}

TEST_CASE("batch normalization with every activation, in one slice of rows and in several") {
  for (const Shape& shape : {Shape{4, 3}, Shape{64, 256}, Shape{7, 20, 30, 5}}) {
    const Shape f{shape[-1]};
    const std::vector<Tensor> inputs{normal(shape), normal(f), normal(f)};
    const double magnitude = shape.rank() > 2 ? 50 : 10;  // gradients of gamma are sums over the rows
    for (const ActivationFunction& function : activation_functions()) {
      INFO("activation ", std::string(function.name), ", shape ", to_string(shape));
      const auto fused = [&](auto& x, Mode mode) {
        MovingStatistics moving{Tensor::full(f, Real(0.5)), Tensor::full(f, 2)};
        return batch_normalization(x[0], x[1], x[2], moving, epsilon, mode, "test", &function);
      };
      compare([&](auto& x) { return fused(x, Mode::training); },
              [&](auto& x) {
                const Axes rows = shape.rank() == 2 ? Axes{0} : Axes{0, 1, 2};
                return activate(plain_normalization(x[0], x[1], x[2], rows, epsilon), function);
              },
              inputs, magnitude);
      compare([&](auto& x) { return fused(x, Mode::inference); },
              [&](auto& x) {
                const Variable xhat = (x[0] - Real(0.5)) / std::sqrt(2 + epsilon);
                return activate(scaled_and_shifted(xhat, x[1], x[2]), function);
              },
              inputs, magnitude);
    }
  }
}

TEST_CASE("batch renormalization, whose r and d are constants") {
  for (const Shape& shape : {Shape{4, 3}, Shape{64, 256}, Shape{8, 3, 5, 70}}) {
    INFO("shape ", to_string(shape));
    const Shape f{shape[-1]};
    const Axes rows = shape.rank() == 2 ? Axes{0} : Axes{0, 1, 2};
    const Tensor average = normal(f), deviation = (square(normal(f)) + Real(0.5)).value();
    const Variable rmax = Tensor::full({}, Real(1.5)), dmax = Tensor::full({}, Real(0.4));
    compare(
        [&](auto& x) {
          MovingStatistics moving{Tensor::zeros(f), Tensor::ones(f)};
          Renormalization renorm{average.clone(), deviation.clone(), Real(0.9), Real(1.5), Real(0.4)};
          const Variable y = batch_renormalization(x[0], x[1], x[2], moving, renorm, epsilon, Mode::training);
          // The updates, each with its own momentum, from the statistics of the batch.
          const Variable mu = mean(x[0], rows), sigma = sqrt(variance(x[0], rows) + epsilon);
          const Tolerance tolerance = std::is_same_v<Real, double> ? Tolerance{1e-13, 1e-13} : Tolerance{2e-6, 1e-6};
          CHECK_EQ(difference(renorm.mean, (Variable(average) * Real(0.9) + mu * Real(0.1)).value(), tolerance), "");
          CHECK_EQ(difference(renorm.stddev, (Variable(deviation) * Real(0.9) + sigma * Real(0.1)).value(), tolerance),
                   "");
          CHECK_EQ(difference(moving.mean, (mu * Real(0.01)).value(), tolerance), "");
          return y;
        },
        [&](auto& x) {
          const Variable mu = mean(x[0], rows, KeepDims::yes);
          const Variable sigma = sqrt(mean(square(x[0] - mu), rows, KeepDims::yes) + epsilon);
          const Variable r = stop_gradient(clip(sigma / deviation, 1 / rmax, rmax));
          const Variable d = stop_gradient(clip((mu - average) / deviation, -dmax, dmax));
          return ((x[0] - mu) / sigma * r + d) * x[1] + x[2];
        },
        {normal(shape), normal(f), normal(f)}, 10);
  }
}

TEST_CASE("batch normalization updates its statistics as the plain formula") {
  for (const bool unbiased : {false, true}) {
    const Tensor x = normal({64, 256}, 3);
    const Variable old_mean = normal({256}), old_variance = square(normal({256}));
    MovingStatistics moving{old_mean.value().clone(), old_variance.value().clone(), Real(0.9), unbiased};
    batch_normalization(x, {}, {}, moving, epsilon, Mode::training);
    const Real correction = unbiased ? Real(64) / 63 : 1;
    const Tolerance tolerance = std::is_same_v<Real, double> ? Tolerance{1e-13, 1e-13} : Tolerance{2e-6, 1e-6};
    CHECK_EQ(difference(moving.mean, (old_mean * Real(0.9) + mean(x, {0}) * Real(0.1)).value(), tolerance), "");
    CHECK_EQ(difference(moving.variance,
                        (old_variance * Real(0.9) + variance(x, {0}) * (Real(0.1) * correction)).value(), tolerance),
             "");
  }
}
