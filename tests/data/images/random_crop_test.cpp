#include <gradus/data/images/random_crop.h>

#include <gradus/core/parallel.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <set>
#include <tuple>

using namespace gradus;

namespace {

constexpr Index height = 5;
constexpr Index width = 6;

/// Images whose pixels hold their own position: 1 + line * width + column, the second channel negative.
Batch numbered(Index count) {
  Batch batch{.inputs = Tensor::empty({count, height, width, 2}), .labels = Tensor::zeros({count})};
  for (Index i = 0; i < batch.inputs.size(); ++i) {
    const Real position = static_cast<Real>(1 + i / 2 % (height * width));
    batch.inputs.data()[i] = i % 2 == 0 ? position : -position;
  }
  return batch;
}

Tensor cropped(const RandomCropOptions& options, RandomKey key, Index count) {
  Batch batch = numbered(count);
  RandomCrop{options}(batch, key);
  return batch.inputs;
}

struct Found {
  Index down;
  Index right;
  bool mirrored;
  auto operator<=>(const Found&) const = default;
};

/// The crop and the mirroring that made the image, which must be one of them.
Found find(const Tensor& images, Index image, Index padding) {
  for (Index down = -padding; down <= padding; ++down) {
    for (Index right = -padding; right <= padding; ++right) {
      for (const bool mirrored : {false, true}) {
        bool equal = true;
        for (Index i = 0; i < height; ++i) {
          for (Index j = 0; j < width; ++j) {
            const Index line = i + down;
            const Index column = (mirrored ? width - 1 - j : j) + right;
            const bool inside = line >= 0 && line < height && column >= 0 && column < width;
            const Real expected = inside ? static_cast<Real>(1 + line * width + column) : 0;
            equal &= images(image, i, j, 0) == expected && images(image, i, j, 1) == -expected;
          }
        }
        if (equal) return {down, right, mirrored};
      }
    }
  }
  FAIL("image ", image, " is not a crop");
  return {};
}

}  // namespace

TEST_CASE("random_crop: all shifts occur, half of the images are mirrored") {
  constexpr Index count = 900;
  const Tensor images = cropped({.padding = 1}, {3, 4}, count);
  std::set<Found> found;
  Index mirrored = 0;
  for (Index i = 0; i < count; ++i) {
    const Found crop = find(images, i, 1);
    found.insert(crop);
    mirrored += crop.mirrored;
  }
  CHECK(found.size() == 18);
  CHECK(mirrored > 390);  // of 450, with a deviation of 15
  CHECK(mirrored < 510);
}

TEST_CASE("random_crop: nothing to do, and squares cut out") {
  CHECK(same_bits(cropped({.padding = 0, .flip = false}, {1, 2}, 9), numbered(9).inputs));
  const Tensor images = cropped({.padding = 0, .flip = false, .cutout = 2}, {1, 2}, 200);
  const Tensor whole = numbered(1).inputs;
  std::set<Index> sizes;
  for (Index n = 0; n < 200; ++n) {
    Index erased = 0;
    for (Index i = 0; i < height; ++i) {
      for (Index j = 0; j < width; ++j) {
        const bool zero = images(n, i, j, 0) == 0;
        CHECK((zero || images(n, i, j, 0) == whole(0, i, j, 0)));
        erased += zero;
      }
    }
    sizes.insert(erased);
  }
  CHECK(sizes == std::set<Index>{1, 2, 4});  // at a corner, at an edge, within
}

TEST_CASE("random_crop: the same for any number of threads; wrong options") {
  const int before = threads();
  const Tensor expected = cropped({.cutout = 3}, {5, 6}, 300);
  set_threads(1);
  CHECK(same_bits(cropped({.cutout = 3}, {5, 6}, 300), expected));
  set_threads(before);
  CHECK_FALSE(same_bits(cropped({.cutout = 3}, {5, 7}, 300), expected));
  CHECK_EQ(error_text<ValueError>([] { RandomCrop({.padding = -1}); }),
           "[random_crop] expected padding and cutout of at least 0, got -1 and 0");
  Batch rows{.inputs = Tensor::zeros({3, 784}), .labels = Tensor::zeros({3})};
  CHECK_EQ(error_text<ShapeError>([&] {
             RandomCrop{}(rows, {1, 1});
           }),
           "[random_crop] expected images (n, height, width, channels), got inputs of shape (3, 784)");
}
