#include "dropout.h"

#include "not_implemented.h"

#include <stdexcept>
#include <vector>

namespace student {

// Task 6.1
std::uint64_t dropout_key(std::uint64_t seed, std::uint64_t layer, std::uint64_t step) {
  // BEGIN SOLUTION
  return mix(mix(mix(seed) + layer) + step);
  // END SOLUTION
}

// Task 6.2
void dropout_mask(double rate, std::uint64_t key, std::size_t first, std::span<double> mask) {
  // BEGIN SOLUTION
  if (!(rate >= 0 && rate < 1)) throw std::invalid_argument("dropout_mask: the rate is not in [0, 1)");
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = uniform(key, first + i) >= rate ? 1.0 : 0.0;
  // END SOLUTION
}

// Task 6.3
void dropout_forward(std::span<const double> x, double rate, std::uint64_t key, bool training, std::span<double> y) {
  // BEGIN SOLUTION
  std::vector<double> mask(x.size(), 1.0);
  if (training) dropout_mask(rate, key, 0, mask);
  const double scale = training ? 1 / (1 - rate) : 1.0;
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * mask[i] * scale;
  // END SOLUTION
}

// Task 6.4
void dropout_backward(std::span<const double> dy, double rate, std::uint64_t key, bool training, std::span<double> dx) {
  // BEGIN SOLUTION
  std::vector<double> kept(dy.size(), 1.0);
  if (training) dropout_mask(rate, key, 0, kept);
  const double factor = training ? 1 / (1 - rate) : 1.0;
  for (std::size_t i = 0; i < dy.size(); ++i) dx[i] = dy[i] * kept[i] * factor;
  // END SOLUTION
}

}  // namespace student
