#include "digits.h"

#include <gradus/data/mnist/mnist.h>

#include <cmath>
#include <stdexcept>

namespace harness {

namespace {

constexpr std::size_t full_side = 28;

Digits first_of(const gradus::Dataset& sorted, std::size_t count, std::size_t side) {
  if (count > static_cast<std::size_t>(sorted.size())) throw std::invalid_argument("load_digits: too many images");
  const gradus::Dataset mixed = sorted.shuffled(2015);
  const std::size_t block = full_side / side;
  Digits digits{side, std::vector<double>(count * side * side), std::vector<std::size_t>(count)};
  for (std::size_t n = 0; n < count; ++n) {
    const std::vector<double> pixels = mixed.sample(static_cast<gradus::Index>(n));
    double* image = digits.images.data() + n * side * side;
    for (std::size_t i = 0; i < full_side * full_side; ++i) {
      // Bytes are exact in double whatever the precision of the library: byte / 255.
      const double pixel = std::round(pixels[i] * 255) / 255;
      image[i / full_side / block * side + i % full_side / block] += pixel / static_cast<double>(block * block);
    }
    digits.labels[n] = static_cast<std::size_t>(mixed.label(static_cast<gradus::Index>(n)));
  }
  return digits;
}

}  // namespace

TrainTestDigits load_digits(std::size_t train_count, std::size_t test_count, std::size_t side) {
  if (side != 28 && side != 14 && side != 7) throw std::invalid_argument("load_digits: the side is 28, 14 or 7");
  const gradus::TrainTest sample = gradus::load_digits_sample();
  return {first_of(sample.train, train_count, side), first_of(sample.test, test_count, side)};
}

}  // namespace harness
