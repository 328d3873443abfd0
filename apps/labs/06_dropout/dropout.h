#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace student {

/// A bijection of 64-bit numbers whose results look independent for neighbouring arguments (the end of SplitMix64).
inline std::uint64_t mix(std::uint64_t bits) {
  bits += 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
  return bits ^ (bits >> 31);
}

/// Number `index` of the random stream `key`, in [0, 1). Depends on its two arguments alone: a counter takes the place
/// of a generator with a state.
inline double uniform(std::uint64_t key, std::uint64_t index) {
  return static_cast<double>(mix(key + mix(index)) >> 11U) * 0x1p-53;
}

// Task 6.1

/// The random stream of one dropout layer in one training step:  mix(mix(mix(seed) + layer) + step)
std::uint64_t dropout_key(std::uint64_t seed, std::uint64_t layer, std::uint64_t step);

// Task 6.2. `rate` is the share that is dropped.

/// Elements first, first + 1, ... of the mask of a stream:
///     mask[i] = 1 (kept) if uniform(key, first + i) >= rate, else 0 (dropped)
/// Throws std::invalid_argument unless 0 <= rate < 1.
void dropout_mask(double rate, std::uint64_t key, std::size_t first, std::span<double> mask);

// Task 6.3

/// Training:   y[i] = mask[i] x[i] / (1 - rate), with the mask of `key` from element 0
/// Inference:  y[i] = x[i]
void dropout_forward(std::span<const double> x, double rate, std::uint64_t key, bool training, std::span<double> y);

// Task 6.4

/// dx from dy of `dropout_forward` with the same rate, key and mode. The mask is not stored; the key gives it again.
void dropout_backward(std::span<const double> dy, double rate, std::uint64_t key, bool training, std::span<double> dx);

}  // namespace student
