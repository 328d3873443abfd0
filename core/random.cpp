#include <gradus/core/random.h>

#include <gradus/core/check.h>
#include <gradus/core/philox.h>

#include <atomic>
#include <cmath>
#include <numbers>

namespace gradus::inline GRADUS_PRECISION {

std::array<std::uint32_t, 4> philox(RandomKey key, std::uint64_t counter) {
  const PhiloxLanes<1> words(key, counter);
  return {words(0, 0), words(1, 0), words(2, 0), words(3, 0)};
}

std::uint32_t Generator::next() {
  if (used_ >= words_.size()) {  // more: from a damaged file
    words_ = philox(key_, counter_++);
    used_ = 0;
  }
  return words_[used_++];
}

double Generator::uniform() {
  const std::uint64_t high = next() >> 5;
  const std::uint64_t low = next() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Generator::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

double Generator::truncated_normal() {
  double value = normal();
  while (std::abs(value) > 2) value = normal();
  return value;
}

Index Generator::below(Index n) {
  check(n > 0 && n <= Index{1} << 32, "[below] expected a bound from 1 to 2^32, got {}", n);
  const auto bound = static_cast<std::uint64_t>(n);
  const std::uint64_t rejected = (std::uint64_t{1} << 32) % bound;  // Lemire's method
  std::uint64_t product = next() * bound;
  while (static_cast<std::uint32_t>(product) < rejected) product = next() * bound;
  return static_cast<Index>(product >> 32);
}

RandomKey Generator::split() {
  // Streams of splits have the top bit set; a split of a split would mix the two, so keys cannot be split again.
  return {key_.seed, (std::uint64_t{1} << 63) | (key_.stream << 40) | splits_++};
}

namespace {
std::atomic<std::uint64_t> last_seed{0};
std::atomic<std::uint64_t> numbered_threads{0};
}  // namespace

Generator& default_generator() {
  constexpr std::uint64_t first_stream = std::uint64_t{1} << 61;  // far from those of loaders and transforms
  thread_local Generator generator = [] {
    const std::uint64_t number = numbered_threads++;
    return Generator(last_seed, number == 0 ? 0 : first_stream + number);
  }();
  return generator;
}

void set_seed(std::uint64_t seed) {
  default_generator() = Generator(seed);
  last_seed = seed;
  numbered_threads = 1;
}

}  // namespace gradus::inline GRADUS_PRECISION
