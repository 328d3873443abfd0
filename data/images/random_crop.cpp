#include <gradus/data/images/random_crop.h>

#include <gradus/core/parallel.h>
#include <gradus/core/philox.h>

#include <algorithm>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// A whole number in [0, count), from a random word.
Index below(Index count, std::uint32_t word) {
  return static_cast<Index>(static_cast<std::uint64_t>(word) * static_cast<std::uint64_t>(count) >> 32);
}

}  // namespace

RandomCrop::RandomCrop(const RandomCropOptions& options) : options_(options) {
  check(options.padding >= 0 && options.cutout >= 0,
        "[random_crop] expected padding and cutout of at least 0, got {} and {}", options.padding, options.cutout);
}

void RandomCrop::operator()(Batch& batch, RandomKey key) const {
  const Shape& shape = batch.inputs.shape();
  check<ShapeError>(shape.rank() == 4,
                    "[random_crop] expected images (n, height, width, channels), got inputs of shape {}", shape);
  const Index height = shape[1];
  const Index width = shape[2];
  const Index channels = shape[3];
  const Index shifts = 2 * options_.padding + 1;
  Tensor result = Tensor::zeros(shape);
  parallel_for(shape[0], 0.5 * static_cast<double>(height * width * channels), [&](Index begin, Index end) {
    for (Index image = begin; image < end; ++image) {
      const std::uint64_t counter = static_cast<std::uint64_t>(image) << 32;
      const auto words = philox(key, counter);
      const auto center = philox(key, counter + 1);
      const Index down = below(shifts, words[0]) - options_.padding;
      const Index right = below(shifts, words[1]) - options_.padding;
      const bool mirrored = options_.flip && words[2] % 2 == 0;
      const Index top = below(height, center[0]) - options_.cutout / 2;
      const Index left = below(width, center[1]) - options_.cutout / 2;
      const Index start = image * height * width * channels;
      const Real* const from = std::as_const(batch.inputs).data() + start;
      Real* const to = result.data() + start;
      for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
          const Index line = i + down;
          const Index column = (mirrored ? width - 1 - j : j) + right;
          const bool erased = i >= top && i < top + options_.cutout && j >= left && j < left + options_.cutout;
          if (erased || line < 0 || line >= height || column < 0 || column >= width) continue;
          std::copy_n(from + (line * width + column) * channels, channels, to + (i * width + j) * channels);
        }
      }
    }
  });
  batch.inputs = result;
}

}  // namespace gradus::inline GRADUS_PRECISION
