#pragma once  // internal

#include <gradus/core/random.h>

namespace gradus::inline GRADUS_PRECISION {

/// Philox 4x32-10 for N consecutive counters, one per vector lane: the lower half of word[w][l] is word w of counter
/// `first + l`. The upper halves are unused; they avoid packing and unpacking around the 64-bit products.
template <int N>
struct PhiloxLanes {
  PhiloxLanes(RandomKey key, std::uint64_t first) {
    for (int l = 0; l < N; ++l) {
      const std::uint64_t counter = first + static_cast<std::uint64_t>(l);
      word[0][l] = counter;
      word[1][l] = counter >> 32;
      word[2][l] = key.stream;
      word[3][l] = key.stream >> 32;
    }
    auto key0 = static_cast<std::uint32_t>(key.seed);
    auto key1 = static_cast<std::uint32_t>(key.seed >> 32);
    for (int round = 0; round < 10; ++round) {
#pragma omp simd
      for (int l = 0; l < N; ++l) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53} * static_cast<std::uint32_t>(word[0][l]);
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * static_cast<std::uint32_t>(word[2][l]);
        word[0][l] = (product1 >> 32) ^ word[1][l] ^ key0;
        word[1][l] = product1;
        word[2][l] = (product0 >> 32) ^ word[3][l] ^ key1;
        word[3][l] = product0;
      }
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
  }

  std::uint32_t operator()(int w, int lane) const { return static_cast<std::uint32_t>(word[w][lane]); }

  std::uint64_t word[4][N];
};

}  // namespace gradus::inline GRADUS_PRECISION
