#pragma once

#include <cstddef>
#include <vector>

namespace harness {

/// Images of handwritten digits: N rows of side * side pixels from 0 to 1, and N classes from 0 to 9.
struct Digits {
  std::size_t side = 0;
  std::vector<double> images;
  std::vector<std::size_t> labels;

  std::size_t size() const { return labels.size(); }
  std::size_t features() const { return side * side; }
};

struct TrainTestDigits {
  Digits train;
  Digits test;
};

/// The first images of the sample of MNIST that is built into gradus, in an order that mixes the classes and is always
/// the same: up to 6,000 and 1,000. A side of 14 or 7 instead of 28 averages 2 x 2 or 4 x 4 pixels, which trains 4 or
/// 16 times as fast. Throws std::invalid_argument for other sides, and for more images than there are.
TrainTestDigits load_digits(std::size_t train_count, std::size_t test_count, std::size_t side = 28);

}  // namespace harness
