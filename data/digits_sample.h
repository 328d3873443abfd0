#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

struct TrainTest {
  Dataset train;
  Dataset test;
};

/// 6,000 + 1,000 images of MNIST built into the library, with equally frequent classes; see data/digits/README.md.
TrainTest load_digits_sample();

}  // namespace gradus::inline GRADUS_PRECISION
