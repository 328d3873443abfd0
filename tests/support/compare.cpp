#include "support/compare.h"

#include <cmath>
#include <cstring>

namespace gradus::inline GRADUS_PRECISION {

std::string difference(const Tensor& got, const Values& expected, Tolerance tolerance) {
  if (got.shape() != expected.shape) return fmt::format("shape {} instead of {}", got.shape(), expected.shape);
  std::string text;
  double max_excess = 1;
  for (std::size_t i = 0; i < expected.numbers.size(); ++i) {
    const double actual = got.values()[i];
    const double wanted = expected.numbers[i];
    const double excess = std::abs(actual - wanted) / (tolerance.relative * std::abs(wanted) + tolerance.absolute);
    if (actual == wanted || excess <= max_excess) continue;
    max_excess = std::isnan(excess) ? HUGE_VAL : excess;
    text = fmt::format("element {}: {:.17g} instead of {:.17g}, {:.3g} times the tolerance", i, actual, wanted, excess);
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
