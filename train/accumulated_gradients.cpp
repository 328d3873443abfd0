#include <gradus/train/accumulated_gradients.h>

#include <gradus/autograd/arithmetic.h>

namespace gradus::inline GRADUS_PRECISION {

AccumulatedGradients::AccumulatedGradients(Parameters parameters, Index count)
    : parameters_(parameters), single_(count == 1) {
  if (single_) return;
  for (Parameter& parameter : parameters_) parameter.gradient().fill(0);
}

void AccumulatedGradients::add(GradientTape& tape, const Variable& loss, double weight) {
  if (single_) {
    loss_ = loss.value().item();
    tape.backward(loss);
    return;
  }
  loss_ += loss.value().item() * weight;
  weight_ += weight;
  tape.backward(loss * static_cast<Real>(weight), {.accumulate = true});
}

double AccumulatedGradients::finish() {
  if (single_) return loss_;
  if (weight_ == 0) return 0;
  for (Parameter& parameter : parameters_) {
    for (Real& gradient : parameter.gradient().values()) gradient *= static_cast<Real>(1 / weight_);
  }
  return loss_ / weight_;
}

}  // namespace gradus::inline GRADUS_PRECISION
