#include <gradus/data/tables/standardization.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace gradus;

TEST_CASE("standardization: mean and biased standard deviation of the training data, by hand") {
  const Dataset train(Tensor::from({{1, 10, 7}, {3, 10, 7}, {5, 40, 7}}), Tensor::from({0, 1, 0}), 2);
  const Standardization standardize(train);
  const Tolerance close{1e-6, 1e-7};
  CHECK_EQ(difference(standardize.mean(), Tensor::from({3, 20, 7}), close), "");
  const auto deviation = static_cast<Real>(std::sqrt(8.0 / 3));
  CHECK_EQ(difference(standardize.standard_deviation(),
                      Tensor::from({deviation, static_cast<Real>(std::sqrt(200.0)), 1}), close),
           "");
  const Batch scaled = standardize(train).batch();
  const auto a = static_cast<Real>(std::sqrt(1.5));
  const auto b = static_cast<Real>(std::sqrt(0.5));
  CHECK_EQ(difference(scaled.inputs, Tensor::from({{-a, -b, 0}, {0, -b, 0}, {a, 2 * b, 0}}), close), "");

  const Dataset test(Tensor::from({{3, 20, 9}}), Tensor::from({1}), 2);
  CHECK(same_bits(standardize(test).batch().inputs, Tensor::from({{0, 0, 2}})));
}

TEST_CASE("standardization: labels, classes and weights are unchanged") {
  const Dataset train = Dataset(Tensor::from({{1}, {3}}), Tensor::from({1, 0}), 2).with_weights(Tensor::from({2, 5}));
  const Dataset scaled = Standardization(train)(train);
  CHECK_EQ(scaled.classes(), 2);
  CHECK(same_bits(scaled.batch().labels, Tensor::from({1, 0})));
  CHECK(same_bits(scaled.batch().weights, Tensor::from({2, 5})));
  CHECK(same_bits(train.batch().inputs, Tensor::from({{1}, {3}})));
  const Dataset regression(Tensor::from({{1}, {3}}), Tensor::from({{4, 5}, {6, 7}}));
  CHECK_EQ(Standardization(regression)(regression).batch().labels.shape(), Shape{2, 2});
}

TEST_CASE("standardization: constants become exactly 0, small differences far from 0 are kept") {
  const Index count = 3000;  // several batches of the passes
  Tensor inputs = Tensor::empty({count, 2});
  for (Index i = 0; i < count; ++i) {
    inputs.data()[2 * i] = Real(0.1);
    inputs.data()[2 * i + 1] = 1000 + static_cast<Real>(i % 2);
  }
  const Dataset data(inputs, Tensor::zeros({count}));
  const Standardization standardize(data);
  CHECK_EQ(standardize.mean().at({0}), Real(0.1));
  CHECK_EQ(standardize.standard_deviation().at({0}), 1);
  CHECK_EQ(standardize.standard_deviation().at({1}), 0.5);
  const Batch scaled = standardize(data).batch();
  Index wrong = 0;
  for (Index i = 0; i < count; ++i)
    wrong += scaled.inputs.at({i, 0}) != 0 || scaled.inputs.at({i, 1}) != Real(i % 2 == 0 ? -1 : 1);
  CHECK_EQ(wrong, 0);
}

TEST_CASE("standardization: bytes and images") {
  const Dataset bytes(std::vector<std::uint8_t>{0, 51, 255, 51}, std::vector<std::uint8_t>{0, 1}, {1, 2, 1}, 2);
  const Standardization standardize(bytes);
  CHECK_EQ(standardize.mean().shape(), Shape{1, 2, 1});
  CHECK_EQ(standardize.mean().at({0, 0, 0}), 0.5);
  CHECK(same_bits(standardize(bytes).batch().inputs, Tensor::from({2, 1, 2, 1}, {-1, 0, 1, 0})));
  CHECK_EQ(error_text<ShapeError>([&] { standardize(bytes.with_shape({2})); }),
           "[standardization] expected samples of shape (1, 2, 1), as in the training data, got (2,)");
}

TEST_CASE("standardization: numbers whose mean is not a float, and numbers far from 1") {
  const auto scaled = [](std::vector<double> column) {
    const Index rows = std::ssize(column);
    const Dataset data(std::move(column), Tensor::zeros({rows, 1}), {1});
    return Standardization(data)(data).batch().inputs;
  };
  CHECK(same_bits(scaled({16777216, 16777218, 16777216, 16777218}), Tensor::from({{-1}, {1}, {-1}, {1}})));
  const Dataset floats(Tensor::from({{16777216}, {16777218}}), Tensor::zeros({2}));
  CHECK(same_bits(Standardization(floats)(floats).batch().inputs, Tensor::from({{-1}, {1}})));
  CHECK(same_bits(scaled({1e-200, 3e-200}), Tensor::from({{-1}, {1}})));
  CHECK(same_bits(scaled({-3e38, 3e38}), Tensor::from({{-1}, {1}})));
  CHECK(same_bits(scaled({1e9, 1e9, 1e9}), Tensor::from({{0}, {0}, {0}})));
  // 1e9 + {0, ..., 9}, of which float keeps one
  std::vector<double> digits(10);
  std::iota(digits.begin(), digits.end(), 1e9);
  const Tensor y = scaled(digits);
  for (Index i = 0; i < 10; ++i) CHECK_LT(std::abs(y.at({i, 0}) - (double(i) - 4.5) / std::sqrt(8.25)), 1e-6);
}

TEST_CASE("standardization: from statistics") {
  const Standardization standardize({2}, {1, 2}, {4, 8});
  CHECK(same_bits(standardize(Dataset(Tensor::from({{5, -6}}))).batch().inputs, Tensor::from({{1, -1}})));
  CHECK_EQ(error_text<ShapeError>([] {
             Standardization({2}, {1}, {1, 1});
           }),
           "[standardization] expected a mean and a standard deviation for each of 2 elements, got 1 and 2");
  CHECK_EQ(
      error_text<ValueError>([] {
        Standardization({2}, {1, 1}, {1, 0});
      }),
      "[standardization] expected a finite mean and a finite standard deviation above 0, got 1 and 0 for element 1");
}
