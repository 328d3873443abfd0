#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

/// Two classes that a line separates.
inline Dataset two_clouds(Index n) {
  Generator random(4);
  Tensor inputs = Tensor::normal({n, 2}, 0, 0.5, random);
  Tensor labels = Tensor::empty({n});
  for (Index i = 0; i < n; ++i) {
    labels.data()[i] = static_cast<Real>(i % 2);
    inputs.data()[2 * i] += static_cast<Real>(i % 2 == 0 ? -2 : 2);
  }
  return {inputs, labels, 2};
}

}  // namespace gradus::inline GRADUS_PRECISION
