#include <gradus/data/images/augmentation.h>

#include <gradus/core/parallel.h>
#include <gradus/core/storage.h>
#include <gradus/data/loader.h>
#include <gradus/data/mnist/mnist.h>
#include <gradus/data/pipeline/prefetched.h>
#include <gradus/data/pipeline/transformed.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

using namespace gradus;

namespace {

Batch digits(Index count) {
  static const Dataset train = load_digits_sample().train;
  std::vector<Index> positions(static_cast<std::size_t>(count));
  std::iota(positions.begin(), positions.end(), Index{0});
  return train.batch(positions);
}

Tensor augmented(const AugmentationOptions& options, RandomKey key, Index count = 64) {
  Batch batch = digits(count);
  Augmentation{options}(batch, key);
  return batch.inputs;
}

Tensor deformed(const Tensor& image, const Deformation& deformation) {
  Tensor out = Tensor::empty(image.shape());
  deform(image.data(), image.shape()[0], image.shape()[1], deformation, out.data());
  return out;
}

double sum(const Tensor& tensor) {
  const auto values = tensor.values();
  return std::accumulate(values.begin(), values.end(), 0.0);
}

constexpr AugmentationOptions everything{.shift = 2, .rotation = 10, .elastic_alpha = 34};

}  // namespace

TEST_CASE("augmentation: maxima of 0 change no bit") {
  CHECK(same_bits(augmented({.shift = 0, .rotation = 0}, {1, 2}), digits(64).inputs));
}

TEST_CASE("augmentation: a shift by whole pixels moves them exactly") {
  const Tensor image = Tensor::from({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}});
  CHECK(same_bits(deformed(image, {.down = 1}), Tensor::from({{0, 0, 0, 0}, {1, 2, 3, 4}, {5, 6, 7, 8}})));
  CHECK(same_bits(deformed(image, {.right = -2}), Tensor::from({{3, 4, 0, 0}, {7, 8, 0, 0}, {11, 12, 0, 0}})));
  CHECK(
      same_bits(deformed(image, {.down = -2, .right = 1}), Tensor::from({{0, 9, 10, 11}, {0, 0, 0, 0}, {0, 0, 0, 0}})));
}

TEST_CASE("augmentation: between pixels the value is bilinear") {
  const Tensor image = Tensor::from({{1, 2}, {5, 10}});
  CHECK(same_bits(
      deformed(image, {.down = -0.5, .right = -0.25}),
      Tensor::from({{Real(0.75 * 3 + 0.25 * 6), Real(0.75 * 6)}, {Real(0.75 * 2.5 + 0.25 * 5), Real(0.75 * 5)}})));
}

TEST_CASE("augmentation: rotations by right angles, counter-clockwise around the center") {
  const Tensor image = Tensor::from({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  const Tolerance close{0, 1e-5};
  CHECK_EQ(difference(deformed(image, {.rotation = 90}), Tensor::from({{3, 6, 9}, {2, 5, 8}, {1, 4, 7}}), close), "");
  CHECK_EQ(difference(deformed(image, {.rotation = -90}), Tensor::from({{7, 4, 1}, {8, 5, 2}, {9, 6, 3}}), close), "");
  CHECK_EQ(difference(deformed(image, {.rotation = 180}), Tensor::from({{9, 8, 7}, {6, 5, 4}, {3, 2, 1}}), close), "");
  const Tensor wide = Tensor::from({{1, 2, 3, 4}, {5, 6, 7, 8}});
  CHECK_EQ(difference(deformed(wide, {.rotation = 90}), Tensor::from({{0, 3, 7, 0}, {0, 2, 6, 0}}), close), "");
  // First the rotation, then the shift.
  CHECK_EQ(
      difference(deformed(image, {.down = 1, .rotation = 90}), Tensor::from({{0, 0, 0}, {3, 6, 9}, {2, 5, 8}}), close),
      "");
}

TEST_CASE("augmentation: elastic displacements are offsets of the source pixels") {
  const Tensor image = Tensor::from({{1, 2}, {3, 4}});
  const Tensor down = Tensor::from({{1, 0}, {0, -1}});
  const Tensor right = Tensor::from({{0, -1}, {0.5, 0}});
  const Deformation deformation{.elastic_down = down.data(), .elastic_right = right.data()};
  CHECK(same_bits(deformed(image, deformation), Tensor::from({{3, 1}, {3.5, 2}})));
}

TEST_CASE("augmentation: shifts are uniform up to their maximum") {
  const Index count = 4000;
  Tensor inputs = Tensor::zeros({count, 81});
  for (Index i = 0; i < count; ++i) inputs.data()[81 * i + 40] = 1;
  Batch batch{inputs, Tensor::zeros({count})};
  Augmentation{{.rows = 9, .columns = 9, .shift = 3, .rotation = 0}}(batch, {5, 6});
  double min = 0;
  double max = 0;
  double squares = 0;
  for (Index i = 0; i < count; ++i) {  // the center of mass of the one pixel shows the shift
    double down = 0;
    for (Index k = 0; k < 81; ++k)
      down += (static_cast<double>(k / 9) - 4) * static_cast<double>(batch.inputs.at({i, k}));
    min = std::min(min, down);
    max = std::max(max, down);
    squares += down * down / static_cast<double>(count);
  }
  CHECK(min >= -3 - 1e-5);
  CHECK(min < -2.98);
  CHECK(max <= 3 + 1e-5);
  CHECK(max > 2.98);
  CHECK(std::abs(squares - 3) < 4 * std::sqrt(7.2 / static_cast<double>(count)));  // 3^2 / 3; its variance 81/5 - 9
}

TEST_CASE("augmentation: digits keep most of their ink, images are deformed independently") {
  const Tensor before = digits(64).inputs;
  for (const AugmentationOptions& options : {AugmentationOptions{}, everything}) {
    const Tensor after = augmented(options, {3, 4});
    CHECK(std::abs(sum(after) / sum(before) - 1) < 0.02);
    for (Index i = 0; i < 64; ++i) {
      if (options.elastic_alpha == 0) {  // elastic deformation thickens and thins strokes
        CHECK(std::abs(sum(after.rows(i, i + 1)) / sum(before.rows(i, i + 1)) - 1) < 0.05);
      }
      CHECK_NE(difference(after.rows(i, i + 1), before.rows(i, i + 1), {0, 0.1}), "");
    }
  }
  Tensor twice = Tensor::empty({2, 784});
  for (Index i = 0; i < 2; ++i) twice.rows(i, i + 1).copy_from(before.rows(0, 1));
  for (const AugmentationOptions& options :
       {AugmentationOptions{.shift = 2, .rotation = 0}, AugmentationOptions{.shift = 0, .rotation = 10},
        AugmentationOptions{.shift = 0, .rotation = 0, .elastic_alpha = 34}}) {
    Batch batch{twice.clone(), Tensor::zeros({2})};
    Augmentation{options}(batch, {3, 4});
    CHECK_NE(difference(batch.inputs.rows(0, 1), batch.inputs.rows(1, 2), {0, 0.1}), "");
  }
}

TEST_CASE("augmentation: size and smoothness of elastic displacements, independent in both directions") {
  // A ramp shows the displacement along it: alpha times uniform noise with standard deviation 1/sqrt(3). Smoothing
  // divides it by 2 sigma sqrt(pi), from the sum of the squared weights of the Gaussian.
  const Index side = 101;
  const double alpha = 20;
  const double sigma = 3;
  const Augmentation augment{
      {.rows = side, .columns = side, .shift = 0, .rotation = 0, .elastic_alpha = alpha, .elastic_sigma = sigma}};
  const auto displacements = [&](Index step) {  // along rows 1, along columns `side`
    Tensor ramp = Tensor::empty({1, side * side});
    for (Index i = 0; i < side * side; ++i) ramp.data()[i] = static_cast<Real>(i / step % side);
    Batch batch{ramp.clone(), Tensor::zeros({1})};
    augment(batch, {8, 9});
    for (Index i = 0; i < side * side; ++i) batch.inputs.data()[i] -= ramp.data()[i];
    return batch.inputs;
  };
  const Tensor right = displacements(1);
  const Tensor down = displacements(side);
  double squares = 0;
  double changes = 0;
  double products = 0;
  double count = 0;
  for (Index r = 12; r < side - 12; ++r) {
    for (Index c = 12; c < side - 12; ++c, ++count) {
      const auto at = [&](Index y, Index x) { return static_cast<double>(right.at({0, y * side + x})); };
      squares += at(r, c) * at(r, c);
      changes += std::pow(at(r, c + 1) - at(r, c), 2) + std::pow(at(r + 1, c) - at(r, c), 2);
      products += at(r, c) * static_cast<double>(down.at({0, r * side + c}));
    }
  }
  const double variance = squares / count;
  const double expected = alpha * alpha / 3 / (4 * std::numbers::pi * sigma * sigma);
  CHECK(std::abs(variance / expected - 1) < 0.25);
  // For small steps the mean square change between neighbors is variance / (2 sigma^2) along each axis.
  CHECK(std::abs(changes / count / (variance / (sigma * sigma)) - 1) < 0.25);
  CHECK(std::abs(products / squares) < 0.3);  // 1 for the same field in both directions
}

TEST_CASE("augmentation: the same bits for any number of threads, others for other keys") {
  const int before = threads();
  const Tensor expected = augmented(everything, {1, 2}, 500);
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    CHECK(same_bits(augmented(everything, {1, 2}, 500), expected));
  }
  set_threads(before);
  CHECK_FALSE(same_bits(augmented(everything, {1, 3}, 500), expected));
  CHECK_FALSE(same_bits(augmented(everything, {2, 2}, 500), expected));
  CHECK(same_bits(augmented(everything, {1, 2}, 10), expected.rows(0, 10)));  // image i depends only on key and i
}

TEST_CASE("augmentation: images with axes give the same pixels") {
  Batch batch = digits(8);
  batch.inputs = batch.inputs.reshape({8, 28, 28, 1});
  Augmentation{everything}(batch, {1, 2});
  CHECK_EQ(batch.inputs.shape(), Shape{8, 28, 28, 1});
  CHECK(same_bits(batch.inputs.reshape({8, 784}), augmented(everything, {1, 2}, 8)));
}

TEST_CASE("augmentation: of batches, by seed and epoch, prefetched or not, without new memory") {
  const Dataset data = load_digits_sample().train.take(0, 200);
  const auto first_batches = [](Batches& batches) {
    std::vector<Tensor> first;
    for (int e = 0; e < 3; ++e) {
      for (const Batch& batch : batches) {
        if (batch.labels.size() == 64) first.push_back(batch.inputs.clone());
      }
    }
    for (const Batch& batch : batches) CHECK_EQ(batch.inputs.shape()[1], 784);  // without clones: fewer tensors
    const auto before = pool_statistics().allocations;
    for (const Batch& batch : batches) CHECK_EQ(batch.inputs.shape()[1], 784);
#ifndef __SANITIZE_ADDRESS__  // the pool keeps no memory under the sanitizer
    CHECK_EQ(pool_statistics().allocations, before);
#else
    CHECK(pool_statistics().allocations >= before);
#endif
    return first;
  };
  const auto augmented_batches = [&] {
    return Transformed(DataLoader(data, {.batch_size = 64}), Augmentation{everything}, 4);
  };
  Transformed batches = augmented_batches();
  Prefetched prefetched(augmented_batches());
  const auto plain = first_batches(batches);
  const auto ahead = first_batches(prefetched);
  REQUIRE_EQ(plain.size(), 9);
  for (std::size_t i = 0; i < 9; ++i) CHECK(same_bits(plain[i], ahead[i]));
  CHECK_FALSE(same_bits(plain[0], plain[3]));
  CHECK_FALSE(same_bits(plain[3], plain[6]));
}

TEST_CASE("augmentation: bad options and inputs") {
  const auto text = [](const AugmentationOptions& options) {
    return error_text<ValueError>([&] { Augmentation{options}; });
  };
  CHECK_EQ(text({.rows = 0}), "[augmentation] expected 1 to 4096 rows and columns, got 0 x 28");
  CHECK_EQ(text({.columns = 5000}), "[augmentation] expected 1 to 4096 rows and columns, got 28 x 5000");
  CHECK_EQ(text({.rows = 10, .shift = 11}), "[augmentation] expected shift from 0 to 10, got 11");
  CHECK_EQ(text({.rotation = -1}), "[augmentation] expected rotation from 0 to 180, got -1");
  CHECK_EQ(text({.elastic_alpha = std::numeric_limits<double>::infinity()}),
           "[augmentation] expected elastic_alpha from 0 to 10000, got inf");
  CHECK_EQ(text({.elastic_sigma = 0}), "[augmentation] expected elastic_sigma above 0 and at most 100, got 0");
  CHECK_EQ(text({.shift = std::numeric_limits<double>::quiet_NaN()}),
           "[augmentation] expected shift from 0 to 28, got nan");
  for (const Shape& shape : {Shape{2, 783}, Shape{2, 14, 56, 1}, Shape{784}}) {
    Batch batch{Tensor::zeros(shape), Tensor::zeros({2})};
    CHECK_EQ(error_text<ShapeError>([&] { Augmentation{}(batch, {}); }),
             "[augmentation] expected images of 28 x 28, got inputs of shape " + to_string(shape) +
                 "; set AugmentationOptions::rows and columns");
  }
}
