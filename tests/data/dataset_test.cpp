#include <gradus/data/dataset.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

using namespace gradus;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Four samples of three bytes: 0 1 2, 3 4 5, ...
Dataset four_samples() { return {Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, Bytes{0, 1, 2, 1}, {3}, 3}; }

Dataset four_tensors() {
  return {Tensor::from({4, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), Tensor::from({0, 1, 2, 1}), 3};
}

std::vector<Real> values(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

Batch batch(const Dataset& data, std::initializer_list<Index> positions) {
  return data.batch(std::span(positions.begin(), positions.size()));
}

const Real not_a_number = std::numeric_limits<Real>::quiet_NaN();
const Real infinity = std::numeric_limits<Real>::infinity();

}  // namespace

TEST_CASE("dataset: bytes become exactly byte / 255") {
  Bytes all(256);
  for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
  const Batch one = batch(Dataset(all, Bytes{0}, {256}, 1), {0});
  for (Index i = 0; i < 256; ++i) CHECK_EQ(one.inputs.data()[i], static_cast<Real>(static_cast<double>(i) / 255.0));
}

TEST_CASE("dataset: a batch has the samples at the positions, in order") {
  const Dataset data = four_tensors();
  CHECK_EQ(data.size(), 4);
  CHECK_EQ(data.sample_shape(), Shape{3});
  CHECK_EQ(data.classes(), 3);
  const Batch two = batch(data, {2, 0, 2});
  CHECK_EQ(two.inputs.shape(), Shape{3, 3});
  CHECK_EQ(values(two.inputs), std::vector<Real>{6, 7, 8, 0, 1, 2, 6, 7, 8});
  CHECK_EQ(two.labels.shape(), Shape{3});
  CHECK_EQ(values(two.labels), std::vector<Real>{2, 0, 2});
  const Batch bytes = batch(four_samples(), {2, 0, 2});
  CHECK_EQ(values(bytes.labels), values(two.labels));
  for (Index i = 0; i < 9; ++i) CHECK_EQ(bytes.inputs.data()[i], two.inputs.data()[i] / 255);
}

TEST_CASE("dataset: a batch large enough for several threads") {
  const Index count = 3000;
  Bytes bytes(static_cast<std::size_t>(count * 100));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 % 256);
  const Dataset data(bytes, Bytes(static_cast<std::size_t>(count)), {100}, 1);
  std::vector<Index> backwards(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) backwards[static_cast<std::size_t>(i)] = count - 1 - i;
  const Batch all = data.batch(backwards);
  Index wrong = 0;
  for (Index i = 0; i < count * 100; ++i) {
    const Index from = (count - 1 - i / 100) * 100 + i % 100;
    wrong += all.inputs.data()[i] != static_cast<Real>(bytes[static_cast<std::size_t>(from)]) / 255;
  }
  CHECK_EQ(wrong, 0);
}

TEST_CASE("dataset: regression targets keep their axes") {
  const Tensor inputs = Tensor::from({3, 1}, {1, 2, 3});
  const Dataset one(inputs, Tensor::from({0.5, -1, 2}));
  CHECK_EQ(one.classes(), 0);
  CHECK_EQ(values(batch(one, {1, 2}).labels), std::vector<Real>{-1, 2});
  const Dataset two(inputs, Tensor::from({{1, 2}, {3, 4}, {5, 6}}));
  CHECK_EQ(batch(two, {2, 0}).labels.shape(), Shape{2, 2});
  CHECK_EQ(values(batch(two, {2, 0}).labels), std::vector<Real>{5, 6, 1, 2});
}

TEST_CASE("dataset: views share the samples") {
  for (const Dataset& data : {four_samples(), four_tensors()}) {
    const Dataset image = data.with_shape({3, 1, 1});
    CHECK_EQ(batch(image, {1, 2}).inputs.shape(), Shape{2, 3, 1, 1});
    CHECK_EQ(values(batch(image, {3}).inputs), values(batch(data, {3}).inputs));
    const Dataset middle = data.take(1, 3);
    CHECK_EQ(middle.size(), 2);
    CHECK_EQ(values(batch(middle, {0, 1}).inputs), values(batch(data, {1, 2}).inputs));
    CHECK_EQ(values(batch(middle, {0, 1}).labels), std::vector<Real>{1, 2});
    CHECK_EQ(values(batch(middle.take(1, 2), {0}).inputs), values(batch(data, {2}).inputs));
    CHECK_THROWS_WITH_AS(data.with_shape({2}), "[dataset] expected a sample shape of 3 elements, got (2,)", ShapeError);
    for (const auto& [begin, end] : {std::array<Index, 2>{0, 5}, {-1, 2}, {2, 2}, {3, 1}}) {
      const std::string text =
          fmt::format("[dataset] expected a non-empty range of the 4 samples, got [{}, {})", begin, end);
      CHECK_THROWS_WITH_AS(data.take(begin, end), text.c_str(), ValueError);
    }
  }
  const Tensor inputs = Tensor::zeros({4, 3});
  const Dataset data(inputs, Tensor::zeros({4}), 1);
  CHECK_FALSE(inputs.unique());
  Dataset kept = Dataset(Bytes(6), Bytes{0, 1}, {3}, 2).take(1, 2);  // a view that outlives the dataset
  CHECK_EQ(values(batch(kept, {0}).labels), std::vector<Real>{1});
}

TEST_CASE("dataset: fill reuses tensors without other owners") {
  const Dataset data = four_samples();
  Batch into = batch(data, {0, 1});
  const Real* inputs = std::as_const(into.inputs).data();
  const Real* labels = std::as_const(into.labels).data();
  data.fill(into, std::array<Index, 2>{2, 3});
  CHECK_EQ(std::as_const(into.inputs).data(), inputs);
  CHECK_EQ(std::as_const(into.labels).data(), labels);
  const Tensor kept = into.inputs;
  data.fill(into, std::array<Index, 2>{0, 1});
  CHECK_NE(std::as_const(into.inputs).data(), inputs);
  CHECK_EQ(values(kept), values(batch(data, {2, 3}).inputs));
  data.fill(into, std::array<Index, 1>{3});
  CHECK_EQ(into.inputs.shape(), Shape{1, 3});
  CHECK_THROWS_WITH_AS(batch(data, {0, 4}), "[dataset] expected positions from 0 to 3, got 4", ValueError);
  CHECK_THROWS_WITH_AS(batch(data, {-1}), "[dataset] expected positions from 0 to 3, got -1", ValueError);
}

TEST_CASE("dataset: bad sizes") {
  CHECK_THROWS_WITH_AS(Dataset(Bytes(7), Bytes(2), {3}, 2),
                       "[dataset] expected whole samples of shape (3,), got 7 bytes", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Bytes(6), Bytes(2), {0}, 2),
                       "[dataset] expected whole samples of shape (0,), got 6 bytes", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Bytes(6), Bytes(3), {3}, 2),
                       "[dataset] expected one label per input, got 2 inputs and 3 labels", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Bytes(), Bytes(), {3}, 2), "[dataset] expected at least 1 sample, got none", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({3, 2}), Tensor::ones({2}), 2),
                       "[dataset] expected one label per input, got 3 inputs and 2 labels", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({0, 2}), Tensor::ones({0}), 2),
                       "[dataset] expected at least 1 sample, got none", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor(), Tensor()),
                       "[dataset] expected inputs and labels with a first axis of samples, got shapes () and ()",
                       ShapeError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({3, 2}), Tensor::ones({3, 1}), 2),
                       "[dataset] expected class labels of shape (N), got (3, 1); leave out `classes` for regression",
                       ShapeError);
}

TEST_CASE("dataset: bad values") {
  CHECK_THROWS_WITH_AS(Dataset(Bytes(6), Bytes{1, 10}, {3}, 10),
                       "[dataset] expected integer labels from 0 to 9, got 10 in row 1", ValueError);
  CHECK_THROWS_WITH_AS(Dataset(Bytes(6), Bytes{255, 0}, {3}, 10),
                       "[dataset] expected integer labels from 0 to 9, got 255 in row 0", ValueError);
  for (const Real bad : {Real(-1), Real(2), Real(0.5)}) {
    const std::string text = fmt::format("[dataset] expected integer labels from 0 to 1, got {} in row 2", bad);
    CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({3, 2}), Tensor::from({0, 1, bad}), 2), text.c_str(), ValueError);
  }
  for (const Index classes : {Index{-1}, (Index{1} << 24) + 1}) {
    const std::string text = fmt::format("[dataset] expected 1 to 2^24 classes, got {}", classes);
    CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({3, 2}), Tensor::zeros({3}), classes), text.c_str(), ValueError);
  }
  CHECK_THROWS_WITH_AS(Dataset(Bytes(3), Bytes{0}, {3}, 0), "[dataset] expected 1 to 2^24 classes, got 0", ValueError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::from({{1, 2}, {3, not_a_number}}), Tensor::zeros({2}), 1),
                       "[dataset] expected finite inputs, got nan in row 1; remove or correct the row", ValueError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::from({{-infinity, 2}, {3, 4}}), Tensor::zeros({2}), 1),
                       "[dataset] expected finite inputs, got -inf in row 0; remove or correct the row", ValueError);
  CHECK_THROWS_WITH_AS(Dataset(Tensor::ones({2, 2}), Tensor::from({2, 1}, {1, not_a_number})),
                       "[dataset] expected finite labels, got nan in row 1; remove or correct the row", ValueError);
}

TEST_CASE("dataset: a structured binding of a batch refers to inputs and labels") {
  const Batch whole = batch(four_tensors().with_weights(Tensor::from({1, 2, 3, 4})), {1, 3});
  const auto& [inputs, labels] = whole;
  CHECK_EQ(&inputs, &whole.inputs);
  CHECK_EQ(&labels, &whole.labels);
  CHECK_EQ(values(whole.weights), std::vector<Real>{2, 4});
  Batch own = whole;
  auto& [writable_inputs, writable_labels] = own;
  CHECK_EQ(&writable_inputs, &own.inputs);
  CHECK_EQ(&writable_labels, &own.labels);
}

TEST_CASE("dataset: weights stay with their samples") {
  for (const Dataset& plain : {four_samples(), four_tensors()}) {
    CHECK_FALSE(plain.has_weights());
    CHECK_FALSE(batch(plain, {0, 1}).weights.defined());
    const Dataset data = plain.with_weights(Tensor::from({0.5, 0, 2, 3}));
    CHECK(data.has_weights());
    CHECK_FALSE(plain.has_weights());
    CHECK_EQ(values(batch(data, {3, 0, 3}).weights), std::vector<Real>{3, 0.5, 3});
    CHECK_EQ(batch(data, {3, 0, 3}).weights.shape(), Shape{3});
    CHECK_EQ(values(batch(data.take(2, 4), {1, 0}).weights), std::vector<Real>{3, 2});
    CHECK_EQ(values(batch(data.with_shape({3, 1}), {2}).weights), std::vector<Real>{2});
    CHECK_EQ(values(batch(data.split(0.25).second, {0}).weights), std::vector<Real>{3});
    CHECK_EQ(values(batch(data.with_weights(Tensor::ones({4})), {2}).weights), std::vector<Real>{1});
    Batch reused = batch(data, {0, 1});
    const Real* address = std::as_const(reused.weights).data();
    data.fill(reused, std::array<Index, 2>{2, 3});
    CHECK_EQ(std::as_const(reused.weights).data(), address);
    plain.fill(reused, std::array<Index, 2>{2, 3});
    CHECK_FALSE(reused.weights.defined());
  }
}

TEST_CASE("dataset: class weights multiply the weights of the samples") {
  const Dataset data = four_samples();  // classes 0 1 2 1
  const Dataset weighted = data.with_class_weights({1, 0.5, 4});
  CHECK_EQ(values(batch(weighted, {0, 1, 2, 3}).weights), std::vector<Real>{1, 0.5, 4, 0.5});
  const std::vector<double> other{2, 3, 5};
  CHECK_EQ(values(batch(weighted.with_class_weights(other), {0, 1, 2, 3}).weights), std::vector<Real>{2, 1.5, 20, 1.5});
}

TEST_CASE("dataset: bad weights") {
  const Dataset data = four_tensors();
  const auto weights = [&](const Tensor& tensor) { return error_text<ValueError>([&] { data.with_weights(tensor); }); };
  CHECK_EQ(error_text<ShapeError>([&] {
             data.with_weights(Tensor::ones({4, 1}));
           }),
           "[dataset] expected weights of shape (4,), got (4, 1)");
  CHECK_EQ(error_text<ShapeError>([&] { data.with_weights(Tensor()); }),
           "[dataset] expected weights of shape (4,), got ()");
  CHECK_EQ(weights(Tensor::from({1, infinity, 1, 1})),
           "[dataset] expected finite weights, got inf in row 1; remove or correct the row");
  CHECK_EQ(weights(Tensor::from({1, 1, -0.5, 1})), "[dataset] expected non-negative weights, got -0.5 in row 2");
  CHECK_EQ(weights(Tensor::zeros({4})), "[dataset] expected a positive weight, got zeros only");

  const auto class_weights = [](const Dataset& of, std::initializer_list<double> list) {
    return error_text<ValueError>([&] { of.with_class_weights(list); });
  };
  CHECK_EQ(class_weights(data, {1, 2}), "[dataset] expected 3 class weights, one per class, got 2");
  CHECK_EQ(class_weights(data, {1, -1, 2}),
           "[dataset] expected finite, non-negative class weights, got -1 for class 1");
  CHECK_EQ(class_weights(data, {1, 1, not_a_number}),
           "[dataset] expected finite, non-negative class weights, got nan for class 2");
  CHECK_EQ(class_weights(data.take(0, 1), {0, 1, 1}), "[dataset] expected a positive weight, got zeros only");
  CHECK_EQ(class_weights(Dataset(Tensor::ones({2, 2}), Tensor::ones({2, 1})), {}),
           "[dataset] expected 0 class weights, one per class, got 0; use with_weights for regression");
}

TEST_CASE("dataset: split takes the last samples, as Keras does") {
  const Dataset data = four_tensors();
  for (const auto& [fraction, first] : {std::pair<double, Index>{0.25, 3}, {0.5, 2}, {0.3, 2}, {0.01, 3}, {0.75, 1}}) {
    const auto [train, validation] = data.split(fraction);
    CHECK_EQ(train.size(), first);
    CHECK_EQ(validation.size(), 4 - first);
    CHECK_EQ(values(batch(train, {0}).inputs), std::vector<Real>{0, 1, 2});
    CHECK_EQ(values(batch(validation, {0}).inputs)[0], static_cast<Real>(3 * first));
  }
  for (const double fraction : {0.0, 1.0, -0.5, 2.0, static_cast<double>(not_a_number)}) {
    CHECK_EQ(error_text<ValueError>([&] { data.split(fraction); }),
             fmt::format("[dataset] expected a fraction above 0 and below 1, got {}", fraction));
  }
  CHECK_EQ(error_text<ValueError>([&] { data.split(0.9); }),
           "[dataset] expected a fraction that leaves samples in both parts, got 0.9 of 4 samples");
}

TEST_CASE("dataset: one sample") {
  for (const Dataset& data : {four_samples(), four_tensors()}) {
    const auto [inputs, labels] = data[2];
    CHECK_EQ(inputs.shape(), Shape{1, 3});
    CHECK_EQ(values(inputs), values(batch(data, {2}).inputs));
    CHECK_EQ(values(labels), std::vector<Real>{2});
    CHECK_EQ(data.label(3), 1);
    CHECK_EQ(data.take(2).size(), 2);
    const std::vector<double> sample = data.sample(1);
    CHECK_EQ(std::vector<Real>(sample.begin(), sample.end()), values(batch(data, {1}).inputs));
    CHECK_THROWS_WITH_AS(data[4], "[dataset] expected positions from 0 to 3, got 4", ValueError);
    CHECK_THROWS_WITH_AS(data.label(-1), "[dataset] expected positions from 0 to 3, got -1", ValueError);
    CHECK_THROWS_WITH_AS(data.sample(4), "[dataset] expected positions from 0 to 3, got 4", ValueError);
  }
  const Dataset regression(Tensor::ones({2, 3}), Tensor::from({{1.5}, {2}}));
  CHECK_EQ(regression.label(0), Real(1.5));
  const Dataset images(Tensor::ones({2, 3}), Tensor::ones({2, 4}));
  CHECK_THROWS_WITH_AS(images.label(0), "[dataset] expected labels of one number, got shape (4,); use data[i].labels",
                       ShapeError);
}

TEST_CASE("dataset: doubles are rounded in batches and kept besides") {
  const Dataset data({16777217, 0.1, 16777219, 0.2}, Tensor::from({1, 0}), {2}, 2);
  CHECK_EQ(data.size(), 2);
  CHECK_EQ(data.sample(1), std::vector<double>{16777219, 0.2});
  CHECK_EQ(values(batch(data, {0}).inputs), std::vector<Real>{static_cast<Real>(16777217.0), Real(0.1)});
  CHECK_EQ(data.take(1, 2).sample(0), std::vector<double>{16777219, 0.2});
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Dataset shuffled = data.shuffled(seed);
    CHECK_EQ(shuffled.sample(0)[0], shuffled.label(0) == 1 ? 16777217 : 16777219);
  }
  CHECK_THROWS_AS(Dataset({1, 2, 3}, Tensor::zeros({2}), {2}), ShapeError);
  CHECK_THROWS_WITH_AS(Dataset({1, static_cast<double>(infinity)}, Tensor::zeros({2}), {1}),
                       "[dataset] expected finite inputs, got inf in row 1; remove or correct the row", ValueError);
}

TEST_CASE("dataset: samples without labels") {
  const Dataset data(Tensor::from({{1, 2}, {3, 4}, {5, 6}}));
  CHECK_FALSE(data.has_labels());
  CHECK(four_tensors().has_labels());
  CHECK_EQ(data.classes(), 0);
  CHECK_EQ(batch(data, {2, 0}).labels.shape(), Shape{2, 0});
  CHECK_EQ(values(data.take(1, 3).batch().inputs), std::vector<Real>{3, 4, 5, 6});
  CHECK_EQ(data.shuffled(1).size(), 3);
  CHECK_THROWS_WITH_AS(Dataset{Tensor()},
                       "[dataset] expected inputs and labels with a first axis of samples, got shapes () and ()",
                       ShapeError);
}
