#include <gradus/layers/regularizer.h>

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/tape.h>
#include <gradus/layers/layer.h>

namespace gradus::inline GRADUS_PRECISION {

Variable regularization(Layer& layer) {
  Variable total;
  for (const auto& [parameter, regularizer] : layer.regularized()) {
    if (!parameter->trainable()) continue;
    const Variable penalty = l1_l2(*parameter, regularizer);
    total = total.defined() ? total + penalty : penalty;
  }
  return total.defined() ? total : Tensor::zeros({});
}

Variable regularization(const Layer& layer) {
  const StopRecording pause;
  return regularization(const_cast<Layer&>(layer));  // reads the parameters alone
}

}  // namespace gradus::inline GRADUS_PRECISION
