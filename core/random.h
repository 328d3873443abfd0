#pragma once

#include <gradus/core/real.h>

#include <array>
#include <cstdint>

namespace gradus::inline GRADUS_PRECISION {

/// Names one sequence of random numbers: the seed and which of its independent streams.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};

/// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): four random words from a
/// counter and a key, with no state. The same on every machine.
/// The seed is the key, counter and stream are the low and high half of the 128-bit counter.
std::array<std::uint32_t, 4> philox(RandomKey key, std::uint64_t counter);

/// Random numbers in a fixed order: the same seed gives the same numbers everywhere.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0) : key_{seed, stream} {}

  std::uint32_t next();
  /// Uniform on [0, 1), 53 bits.
  double uniform();
  /// Standard normal (Box-Muller).
  double normal();
  /// Standard normal, drawn again while outside +-2.
  double truncated_normal();
  /// Uniform on 0 ... n-1, without bias.
  Index below(Index n);
  /// A stream of its own, independent of this generator's numbers and of all other splits.
  RandomKey split();

 private:
  RandomKey key_;
  std::uint64_t counter_ = 0;
  std::uint64_t splits_ = 0;
  std::array<std::uint32_t, 4> words_{};
  unsigned used_ = 4;
};

/// The generator of this thread that initializers, dropout and shuffles draw from unless given another.
Generator& default_generator();
/// Restarts the default generator of this thread. The same seed gives the same weights, masks and batches.
void set_seed(std::uint64_t seed);

/// Puts the default generator of this thread back to where it stood, at the end of its life: for code that draws random
/// numbers which the program should not notice.
class KeepGenerator {
 public:
  KeepGenerator() = default;
  ~KeepGenerator() { default_generator() = before_; }
  KeepGenerator(const KeepGenerator&) = delete;
  KeepGenerator& operator=(const KeepGenerator&) = delete;

 private:
  Generator before_ = default_generator();
};

}  // namespace gradus::inline GRADUS_PRECISION
