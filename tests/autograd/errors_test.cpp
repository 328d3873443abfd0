// The error messages of every function for wrong arguments.
#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/tape.h>
#include <gradus/autograd/transpose/transpose.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

Variable matrix(Index rows, Index columns) { return Tensor::ones({rows, columns}); }
Variable vector(Index n) { return Tensor::ones({n}); }

}  // namespace

TEST_CASE("arithmetic: shapes that do not broadcast") {
  const auto text = [](const char* context) {
    return fmt::format("[{}] expected shapes that broadcast (equal or 1, from the last axis), got (4, 3) and (4,)",
                       context);
  };
  CHECK_EQ(error_text<ShapeError>([] { matrix(4, 3) + vector(4); }), text("add"));
  CHECK_EQ(error_text<ShapeError>([] { matrix(4, 3) - vector(4); }), text("subtract"));
  CHECK_EQ(error_text<ShapeError>([] { matrix(4, 3) * vector(4); }), text("multiply"));
  CHECK_EQ(error_text<ShapeError>([] { matrix(4, 3) / vector(4); }), text("divide"));
  CHECK_EQ(error_text<ShapeError>([] { maximum(matrix(4, 3), vector(4)); }), text("maximum"));
}

TEST_CASE("matrices") {
  CHECK_EQ(error_text<ShapeError>([] { matmul(matrix(4, 3), matrix(4, 3)); }),
           "[matmul] expected matrices whose inner sizes agree, got shapes (4, 3) and (4, 3)");
  CHECK_EQ(error_text<ShapeError>([] { matmul(vector(3), matrix(3, 4)); }),
           "[matmul] expected two matrices, got shapes (3,) and (3, 4)");
  CHECK_EQ(error_text<ShapeError>([] { transpose(vector(3)); }), "[transpose] expected a matrix, got shape (3,)");
  CHECK_EQ(error_text<ShapeError>([] { linear(matrix(4, 3), matrix(4, 5)); }),
           "[linear] expected input (N, I) and kernel (I, O), got (4, 3) and (4, 5)");
  CHECK_EQ(error_text<ShapeError>([] { linear(vector(3), matrix(3, 5)); }),
           "[linear] expected input (N, I) and kernel (I, O), got (3,) and (3, 5)");
  CHECK_EQ(error_text<ShapeError>([] { linear(matrix(4, 3), matrix(3, 5), vector(3)); }),
           "[linear] expected a bias of shape (5,), got (3,)");
}

TEST_CASE("reshape and indexing") {
  CHECK_EQ(error_text<ShapeError>([] {
             reshape(matrix(4, 3), {5, 2});
           }),
           "[reshape] expected a shape of 12 elements like (4, 3), got (5, 2)");
  CHECK_EQ(error_text<ValueError>([] { concatenate({}); }), "[concatenate] expected at least one part, got none");
  CHECK_EQ(error_text<ShapeError>([] {
             concatenate({matrix(4, 3), matrix(4, 2)}, 0);
           }),
           "[concatenate] expected shapes equal except along axis 0, got (4, 3) and (4, 2)");
  CHECK_EQ(error_text<ShapeError>([] {
             concatenate({matrix(4, 3), vector(3)});
           }),
           "[concatenate] expected shapes equal except along axis 0, got (4, 3) and (3,)");
  CHECK_EQ(error_text<ShapeError>([] { concatenate({matrix(4, 3)}, 2); }),
           "[concatenate] expected an axis of shape (4, 3), got 2");
  CHECK_EQ(error_text<ShapeError>([] { slice(matrix(4, 3), -3, 0, 1); }),
           "[slice] expected an axis of shape (4, 3), got -3");
  CHECK_EQ(error_text<ShapeError>([] { slice(matrix(4, 3), 1, 2, 4); }),
           "[slice] expected a range within axis 1 of shape (4, 3), got [2, 4)");
  CHECK_EQ(error_text<ShapeError>([] { slice(matrix(4, 3), 1, 2, 1); }),
           "[slice] expected a range within axis 1 of shape (4, 3), got [2, 1)");
  CHECK_EQ(error_text<ShapeError>([] { rows(matrix(4, 3), -1, 2); }),
           "[rows] expected a range within the first axis of (4, 3), got [-1, 2)");
  CHECK_EQ(error_text<ShapeError>([] { gather(matrix(4, 3), Tensor::zeros({3})); }),
           "[gather] expected x (N, K) and labels (N), got (4, 3) and (3,)");
  CHECK_EQ(error_text<ValueError>([] {
             gather(matrix(2, 3), Tensor::from({0, 3}));
           }),
           "[gather] expected labels 0 to 2, got 3 in row 1");
  CHECK_EQ(error_text<ValueError>([] {
             gather(matrix(2, 3), Tensor::from({Real(0.5), 0}));
           }),
           "[gather] expected labels 0 to 2, got 0.5 in row 0");
}

TEST_CASE("reductions") {
  const auto text = [](const char* context) {
    return fmt::format("[{}] expected axes of a tensor of shape (4, 3), got 2", context);
  };
  CHECK_EQ(error_text<ShapeError>([] { sum(matrix(4, 3), {2}); }), text("sum"));
  CHECK_EQ(error_text<ShapeError>([] { mean(matrix(4, 3), {2}); }), text("mean"));
  CHECK_EQ(error_text<ShapeError>([] { max(matrix(4, 3), {2}); }), text("max"));
  CHECK_EQ(error_text<ShapeError>([] { variance(matrix(4, 3), {2}); }), text("variance"));
  CHECK_EQ(error_text<ShapeError>([] { sum(matrix(4, 3), {1, -1}); }), "[sum] expected every axis once, got -1 twice");
  CHECK_EQ(error_text<ShapeError>([] { max(matrix(0, 3)); }), "[max] expected at least one element, got shape (0, 3)");
}

TEST_CASE("losses") {
  CHECK_EQ(error_text<ShapeError>([] { softmax(Tensor::full({}, 1)); }),
           "[softmax] expected rows of at least one element, got shape ()");
  CHECK_EQ(error_text<ShapeError>([] { log_softmax(matrix(4, 0)); }),
           "[log_softmax] expected rows of at least one element, got shape (4, 0)");
  CHECK_EQ(error_text<ShapeError>([] { softmax_cross_entropy(matrix(4, 3), Tensor::zeros({3})); }),
           "[softmax_cross_entropy] expected logits (N, K) and labels (N), got (4, 3) and (3,)");
  CHECK_EQ(error_text<ShapeError>([] { softmax_cross_entropy(matrix(0, 3), Tensor::zeros({0})); }),
           "[softmax_cross_entropy] expected logits (N, K) and labels (N), got (0, 3) and (0,)");
  const auto labelled = [](Real label) {
    return error_text<ValueError>([=] { softmax_cross_entropy(matrix(2, 3), Tensor::from({0, label})); });
  };
  const auto text = [](const char* label) {
    return fmt::format("[softmax_cross_entropy] expected labels 0 to 2, got {} in row 1", label);
  };
  CHECK_EQ(labelled(3), text("3"));
  CHECK_EQ(labelled(-1), text("-1"));
  CHECK_EQ(labelled(Real(1.5)), text("1.5"));
  CHECK_EQ(labelled(std::numeric_limits<Real>::quiet_NaN()), text("nan"));
  CHECK_EQ(error_text<ShapeError>([] { mean_squared_error(matrix(4, 1), Tensor::zeros({4})); }),
           "[mean_squared_error] expected predictions and targets of equal shape, got (4, 1) and (4,); pass "
           "targets.reshape({4, 1})");
  CHECK_EQ(error_text<ShapeError>([] { huber(matrix(4, 1), Tensor::zeros({3})); }),
           "[huber] expected predictions and targets of equal shape, got (4, 1) and (3,)");
  CHECK_EQ(error_text<ShapeError>([] {
             mean_absolute_error(matrix(0, 1), Tensor::zeros({0, 1}));
           }),
           "[mean_absolute_error] expected predictions and targets of equal shape, got (0, 1) and (0, 1)");
}

TEST_CASE("options and weights of losses") {
  constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
  const auto cross_entropy = [](const CrossEntropyOptions& options, const Tensor& labels = Tensor::from({0, 2})) {
    return error_text<Error>([&] { softmax_cross_entropy(matrix(2, 3), labels, options); });
  };
  for (const double smoothing : {1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_EQ(cross_entropy({.label_smoothing = smoothing}),
             fmt::format("[softmax_cross_entropy] expected a label_smoothing in [0, 1), got {}", smoothing));
  }
  CHECK_EQ(cross_entropy({.class_weights = Tensor::ones({2})}),
           "[softmax_cross_entropy] expected class_weights of shape (3,), got (2,)");
  CHECK_EQ(cross_entropy({.sample_weights = Tensor::ones({3})}),
           "[softmax_cross_entropy] expected sample_weights of shape (2,), got (3,)");
  CHECK_EQ(cross_entropy({.class_weights = Tensor::from({1, -2, 1})}),
           "[softmax_cross_entropy] expected finite class_weights of at least 0, got -2 at position 1");
  CHECK_EQ(cross_entropy({.sample_weights = Tensor::from({not_a_number, 1})}),
           "[softmax_cross_entropy] expected finite sample_weights of at least 0, got nan at position 0");
  const std::string no_sample =
      "[softmax_cross_entropy] expected at least one sample that counts, got 2 that are ignored or whose weights are "
      "0; leave out the batch, as fit does where all weights are 0";
  CHECK_EQ(cross_entropy({.ignore_label = 1}, Tensor::ones({2})), no_sample);
  CHECK_EQ(cross_entropy({.sample_weights = Tensor::zeros({2})}), no_sample);
  CHECK_EQ(cross_entropy({.class_weights = Tensor::from({0, 1, 0})}), no_sample);
  CHECK_EQ(cross_entropy({.ignore_label = 0, .sample_weights = Tensor::from({1, 0})}), no_sample);
  CHECK_EQ(cross_entropy({.ignore_label = 0}, Tensor::from({0, 3})),
           "[softmax_cross_entropy] expected labels 0 to 2, got 3 in row 1");

  const auto weighted = [](const Tensor& weights) {
    return error_text<Error>([&] { mean_squared_error(matrix(2, 3), Tensor::zeros({2, 3}), weights); });
  };
  CHECK_EQ(weighted(Tensor::ones({2, 3})), "[mean_squared_error] expected weights of shape (2,), got (2, 3)");
  CHECK_EQ(weighted(Tensor::from({1, -1})),
           "[mean_squared_error] expected finite weights of at least 0, got -1 at position 1");
  CHECK_EQ(weighted(Tensor::zeros({2})),
           "[mean_squared_error] expected at least one sample that counts, got 2 that are ignored or whose weights "
           "are 0; leave out the batch, as fit does where all weights are 0");
  for (const Real target : {Real(2), Real(-0.5), not_a_number}) {
    CHECK_EQ(error_text<ValueError>([&] {
               binary_cross_entropy(vector(2), Tensor::from({0, target}));
             }),
             fmt::format("[binary_cross_entropy] expected targets in [0, 1], got {}", target));
  }
  for (const double delta : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    CHECK_EQ(error_text<ValueError>([&] { huber(vector(2), Tensor::ones({2}), delta); }),
             fmt::format("[huber] expected a positive delta, got {}", delta));
  }
  CHECK_EQ(error_text<ValueError>([] {
             l1_l2(vector(2), {-1, 0});
           }),
           "[l1_l2] expected a penalty with finite l1 and l2 of at least 0, got l1 -1 and l2 0");
}

TEST_CASE("normalizations") {
  MovingStatistics moving{Tensor::zeros({3}), Tensor::ones({3})};
  const auto batch_norm = [&](const Variable& x, const Variable& gamma = {}, const Variable& beta = {}) {
    batch_normalization(x, gamma, beta, moving, Real(1e-3), Mode::training);
  };
  CHECK_EQ(error_text<ShapeError>([&] { batch_norm(vector(3)); }),
           "[batch_normalization] expected input (N, ..., F), got shape (3,)");
  CHECK_EQ(error_text<ShapeError>([&] { batch_norm(matrix(4, 3), vector(4)); }),
           "[batch_normalization] expected gamma and beta of shape (3,) for input (4, 3), got (4,)");
  CHECK_EQ(error_text<ShapeError>([&] { batch_norm(matrix(4, 3), vector(3), vector(1)); }),
           "[batch_normalization] expected gamma and beta of shape (3,) for input (4, 3), got (1,)");
  CHECK_EQ(error_text<ShapeError>([&] { batch_norm(matrix(4, 5)); }),
           "[batch_normalization] expected moving statistics of shape (5,) for input (4, 5), got (3,) and (3,)");
  CHECK_EQ(error_text<ValueError>([&] { batch_norm(matrix(1, 3)); }),
           "[batch_normalization] expected at least 2 values per feature in training, got 1 from input (1, 3): one "
           "value has no variance; drop the short last batch (.drop_last = true), or use layer or group "
           "normalization");
  CHECK(same_bits(moving.mean, Tensor::zeros({3})));  // not changed by calls that failed
  CHECK_EQ(error_text<ShapeError>([] { layer_normalization(matrix(4, 3), vector(4), {}, Real(1e-3)); }),
           "[layer_normalization] expected gamma and beta of shape (3,) for input (4, 3), got (4,)");
  CHECK_EQ(error_text<ShapeError>([] { layer_normalization(vector(3), {}, {}, Real(1e-3)); }),
           "[layer_normalization] expected input (N, ..., F), got shape (3,)");
}

TEST_CASE("dropout and activations") {
  for (const double rate : {1.0, -0.1, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_EQ(error_text<ValueError>([=] { dropout(vector(3), rate, {}, Mode::inference); }),
             fmt::format("[dropout] expected a rate in [0, 1), got {}", rate));
  }
  CHECK_EQ(error_text<ValueError>([] { leaky_relu(vector(3), 0); }),
           "[leaky_relu] expected a positive negative_slope, got 0");
  CHECK_EQ(error_text<ValueError>([] { elu(vector(3), -1); }), "[elu] expected a positive alpha, got -1");
  CHECK_EQ(
      error_text<ValueError>([] { activation_function("dense", "rellu"); }),
      "[dense] unknown activation 'rellu', did you mean 'relu'? (known: linear, relu, leaky_relu, elu, sigmoid, tanh, "
      "softplus, gelu, silu)");
}

TEST_CASE("functions of tensors without elements") {
  CHECK(sum(matrix(0, 3)).value().item() == 0);
  CHECK(same_bits(sum(matrix(0, 3), {0}).value(), Tensor::zeros({3})));
  CHECK(matmul(matrix(0, 3), matrix(3, 4)).shape() == Shape{0, 4});
  CHECK(same_bits(matmul(matrix(2, 0), matrix(0, 4)).value(), Tensor::zeros({2, 4})));
  CHECK(softmax(matrix(0, 3)).shape() == Shape{0, 3});
  CHECK((matrix(0, 3) + vector(3)).shape() == Shape{0, 3});
  CHECK(layer_normalization(matrix(0, 3), {}, {}, 1).shape() == Shape{0, 3});
  MovingStatistics moving{Tensor::zeros({3}), Tensor::ones({3})};
  CHECK(batch_normalization(matrix(0, 3), {}, {}, moving, 1, Mode::inference).shape() == Shape{0, 3});
  GradientTape tape;
  const Variable x = tape.watch(Tensor::zeros({0, 3})), w = tape.watch(Tensor::ones({3, 2}));
  tape.backward(sum(relu(linear(x, w))));
  CHECK(same_bits(tape.gradient(w), Tensor::zeros({3, 2})));
}
