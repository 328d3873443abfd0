#include "support/compare.h"

#include <cmath>
#include <cstring>

namespace gradus::inline GRADUS_PRECISION {

std::string difference(const Tensor& got, const Values& expected, Tolerance tolerance) {
  if (got.shape() != expected.shape) return fmt::format("shape {} instead of {}", got.shape(), expected.shape);
  std::string text;
  double worst = 1;
  for (std::size_t i = 0; i < expected.numbers.size(); ++i) {
    const double is = got.values()[i];
    const double should = expected.numbers[i];
    const double excess = std::abs(is - should) / (tolerance.relative * std::abs(should) + tolerance.absolute);
    if (is == should || excess <= worst) continue;
    worst = std::isnan(excess) ? HUGE_VAL : excess;
    text = fmt::format("element {}: {:.17g} instead of {:.17g}, {:.3g} times the tolerance", i, is, should, excess);
  }
  return text;
}

std::string difference(const Tensor& got, const Tensor& expected, Tolerance tolerance) {
  return difference(got, Values{expected.shape(), {expected.values().begin(), expected.values().end()}}, tolerance);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.values().size_bytes()) == 0;
}

}  // namespace gradus::inline GRADUS_PRECISION
