#pragma once

#include <gradus/data/batches.h>

#include "support/compare.h"

#include <algorithm>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Sample i has the inputs (i, i) and the target i.
inline Dataset numbered(Index count) {
  Tensor inputs = Tensor::empty({count, 2});
  Tensor targets = Tensor::empty({count});
  for (Index i = 0; i < count; ++i) {
    inputs.data()[2 * i] = inputs.data()[2 * i + 1] = targets.data()[i] = static_cast<Real>(i);
  }
  return {inputs, targets};
}

/// As `numbered`, sample i with the weight i + 1.
inline Dataset weighted(Index count) {
  Tensor weights = Tensor::empty({count});
  for (Index i = 0; i < count; ++i) weights.data()[i] = static_cast<Real>(i) + 1;
  return numbered(count).with_weights(weights);
}

/// All batches of some epochs. Keeps their tensors.
inline std::vector<Batch> all_batches(Batches& batches, int epochs) {
  std::vector<Batch> all;
  for (int e = 0; e < epochs; ++e) {
    for (const Batch& batch : batches) all.push_back(batch);
  }
  return all;
}

inline bool same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  return std::ranges::equal(a, b, [](const Batch& x, const Batch& y) {
    return same_bits(x.inputs, y.inputs) && same_bits(x.labels, y.labels) &&
           x.weights.defined() == y.weights.defined() && (!x.weights.defined() || same_bits(x.weights, y.weights));
  });
}

/// Adds a random number of the key to every input.
inline void add_noise(Batch& batch, RandomKey key) {
  Generator generator(key.seed, key.stream);
  for (Real& x : batch.inputs.values()) x += static_cast<Real>(generator.uniform());
}

}  // namespace gradus::inline GRADUS_PRECISION
