#pragma once

#include <gradus/core/real.h>

#include <array>
#include <cstdint>

namespace gradus::inline GRADUS_PRECISION {

/// Identifies a sequence of random numbers: a seed and one of its independent streams.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};

/// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): four random words from a
/// counter and a key, without state. The same on every machine.
/// The seed is the key; counter and stream are the low and high half of the 128-bit counter.
std::array<std::uint32_t, 4> philox(RandomKey key, std::uint64_t counter);

/// A random number generator. The same seed gives the same numbers on every machine.
///
/// Several threads: a generator is used by one thread at a time.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint64_t stream = 0) : key_{seed, stream} {}

  /// 32 random bits.
  std::uint32_t next();
  /// Uniform on [0, 1), 53 bits.
  double uniform();
  /// Standard normal (Box-Muller).
  double normal();
  /// Standard normal, redrawn until within +-2.
  double truncated_normal();
  /// Uniform on 0 ... n-1, without bias. Throws ValueError unless 1 <= n <= 2^32.
  Index below(Index n);
  /// A new stream, independent of this generator's numbers and of all other splits.
  RandomKey split();

  /// What comes next.
  template <class Visitor>
  void visit_state(Visitor& archive) {
    archive("seed", key_.seed)("stream", key_.stream)("counter", counter_)("splits", splits_)("used", used_);
    words_ = philox(key_, counter_ - 1);
  }

 private:
  RandomKey key_;
  std::uint64_t counter_ = 0;
  std::uint64_t splits_ = 0;
  std::array<std::uint32_t, 4> words_{};
  unsigned used_ = 4;
};

/// The generator of this thread, used by initializers, dropout and shuffles unless another is given. Every thread has a
/// stream of its own, of the seed that any thread has set last (0 at first): they are numbered in the order in which
/// threads first use their generator. If that order varies, call set_seed in each thread, or pass a Generator.
Generator& default_generator();
/// Restarts the default generator of this thread, and the numbers of the threads that follow. The same seed gives the
/// same weights, masks and batches.
void set_seed(std::uint64_t seed);

/// Restores the default generator of this thread on destruction, for code whose random draws must not affect the rest
/// of the program.
///
/// Several threads: it is destroyed on the thread that made it.
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
