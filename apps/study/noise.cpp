#include "noise.h"

#include <gradus/autograd/arithmetic.h>

using namespace gradus;

namespace study {

Variable Noise::forward(const Variable& x, Mode mode) {
  if (mode == Mode::inference) return x;
  const Shape features{x.value().shape()[-1]};
  const Tensor shift = Tensor::uniform(features, -0.5, 0.5);
  const Tensor scale = Tensor::uniform(features, 0.5, 1.5);
  const Tensor noise = Tensor::normal(x.value().shape(), 0, 0.5);
  return (x + noise + shift) * scale;
}

}  // namespace study
