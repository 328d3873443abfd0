// Values of losses computed by hand, and properties of every weighted mean.
#include "support/compare.h"

#include <gradus/autograd/elementwise/elementwise.h>
#include <gradus/autograd/indexing/indexing.h>
#include <gradus/autograd/tape.h>
#include <gradus/engine.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

constexpr Tolerance rounding = sizeof(Real) == 8 ? Tolerance{1e-14, 1e-14} : Tolerance{1e-6, 1e-6};

std::string difference_from(const Variable& loss, double expected) {
  return difference(loss.value(), Values{{}, {expected}}, rounding);
}

}  // namespace

TEST_CASE("values of softmax_cross_entropy") {
  const Tensor logits = Tensor::from({{2, 1, Real(0.1)}, {0, 0, 5}}), labels = Tensor::from({0, 1});
  CHECK_EQ(difference_from(softmax_cross_entropy(logits, labels), 2.7152079589996414), "");
  CHECK_EQ(difference_from(softmax_cross_entropy(logits, labels, {.label_smoothing = 0.1}), 2.6802079589996417), "");
  CHECK_EQ(difference_from(softmax_cross_entropy(logits, labels, {.class_weights = Tensor::from({1, 2, Real(0.5)})}),
                           3.4812672732402437),
           "");
}

TEST_CASE("values of the other losses") {
  const Tensor x = Tensor::from({{1, -1}, {0, 3}}), t = Tensor::from({{0, 1}, {Real(0.5), 1}});
  CHECK_EQ(difference_from(mean_squared_error(x, t), (1 + 4 + 0.25 + 4) / 4), "");
  CHECK_EQ(difference_from(mean_absolute_error(x, t), (1 + 2 + 0.5 + 2) / 4), "");
  CHECK_EQ(difference_from(huber(x, t), (0.5 + 1.5 + 0.125 + 1.5) / 4), "");
  CHECK_EQ(difference_from(huber(x, t, 2), (0.5 + 2 + 0.125 + 2) / 4), "");
  CHECK_EQ(difference_from(mean_absolute_error(x, t, Tensor::from({3, 1})), (3 * 1.5 + 1.25) / 4), "");
  // log(1 + e^1), twice log(1 + e^1), log 2 and log(1 + e^-3)
  CHECK_EQ(difference_from(binary_cross_entropy(x, t),
                           (2 * 1.3132616875182228 + 0.6931471805599453 + 0.04858735157374196) / 4),
           "");
  CHECK_EQ(difference_from(l1_l2(x, {0.5, 2}), 0.5 * 5 + 2 * 11), "");
}

TEST_CASE("a weight of 2 equals a repeated sample; only the ratio of weights matters") {
  Generator random(3);
  const Tensor x = Tensor::normal({2, 4}, 0, 1, random), t = Tensor::uniform({2, 4}, 0, 1, random);
  const Tensor labels = Tensor::from({3, 1}), thrice = Tensor::from({3, 1, 3});
  const auto repeated = [](const Tensor& v) { return concatenate({v, v.rows(0, 1)}, 0).value(); };
  const Tensor two_to_one = Tensor::from({2, 1}), eight_to_four = Tensor::from({8, 4});
  for (const auto& loss : {binary_cross_entropy, mean_squared_error, mean_absolute_error}) {
    const double expected = loss(repeated(x), repeated(t), {}).value().item();
    CHECK_EQ(difference_from(loss(x, t, two_to_one), expected), "");
    CHECK_EQ(difference_from(loss(x, t, eight_to_four), expected), "");
  }
  for (const double smoothing : {0.0, 0.2}) {
    const double expected = softmax_cross_entropy(repeated(x), thrice, {.label_smoothing = smoothing}).value().item();
    for (const Tensor& weights : {two_to_one, eight_to_four}) {
      CHECK_EQ(
          difference_from(softmax_cross_entropy(x, labels, {.label_smoothing = smoothing, .sample_weights = weights}),
                          expected),
          "");
    }
  }
  // Class weights equal sample weights selected by the label.
  const Tensor of_class = Tensor::from({9, 1, 9, 2});
  CHECK_EQ(difference_from(softmax_cross_entropy(x, labels, {.class_weights = of_class}),
                           softmax_cross_entropy(x, labels, {.sample_weights = two_to_one}).value().item()),
           "");
}

TEST_CASE("an ignored sample does not change the loss, even if it is NaN") {
  constexpr Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
  const Tensor x = Tensor::from({{2, 1, 0}, {not_a_number, 0, 5}}), first = x.rows(0, 1);
  for (const CrossEntropyOptions& options :
       {CrossEntropyOptions{.ignore_label = -1}, CrossEntropyOptions{.sample_weights = Tensor::from({1, 0})}}) {
    GradientTape tape;
    const Variable logits = tape.watch(x), one = tape.watch(first);
    const Variable loss = softmax_cross_entropy(logits, Tensor::from({0, -1}), options);
    const Variable expected = softmax_cross_entropy(one, Tensor::zeros({1}));
    CHECK(same_bits(loss.value(), expected.value()));
    tape.backward(loss + expected);
    CHECK_EQ(difference(tape.gradient(logits).rows(0, 1), tape.gradient(one), rounding), "");
    CHECK(same_bits(tape.gradient(logits).rows(1, 2), Tensor::zeros({1, 3})));
  }
}

TEST_CASE("binary_cross_entropy of large logits neither overflows nor cancels") {
  const auto value = [](Real x, Real t) {
    return binary_cross_entropy(Tensor::full({1}, x), Tensor::full({1}, t)).value().item();
  };
  CHECK(value(1000, 1) == 0);
  CHECK(value(1000, 0) == 1000);
  CHECK(value(-1000, 0) == 0);
  CHECK(value(-1000, 1) == 1000);
  CHECK(value(20, 1) / 2.0611536203e-9 == doctest::Approx(1).epsilon(1e-6));
  CHECK(value(-20, 0) / 2.0611536203e-9 == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("the gradient of mean_absolute_error is 0 for equal prediction and target, that of l1 at 0") {
  GradientTape tape;
  const Variable x = tape.watch(Tensor::from({1, 0, -3}));
  tape.backward(mean_absolute_error(x, Tensor::from({1, 3, -6})) * 3 + l1_l2(x, {10, 0}));
  CHECK(same_bits(tape.gradient(x), Tensor::from({10, -1, -9})));
}
