#include <gradus/train/terminate_on_nan.h>

#include <gradus/autograd/tape.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

bool finite(const Tensor& x) {
  return std::ranges::all_of(x.values(), [](Real v) { return std::isfinite(v); });
}

struct FirstNonFinite : ForwardObserver {
  // Layers within are done first, so that the first one to complain is the innermost.
  void on_output(Layer& layer, const Variable& x, const Variable& y) override {
    if (name.empty() && finite(x.value()) && !finite(y.value())) name = layer.name();
  }
  std::string name;
};

/// Where the numbers stop being finite: the inputs, a weight, or the output of a layer.
std::string first_non_finite(Layer& model, const Tensor& inputs) {
  if (!finite(inputs)) return "the inputs are not finite";
  for (const Parameter& weight : model.parameters()) {
    if (!finite(weight.value())) return fmt::format("the weights {} are not finite", weight.name());
  }
  const StopRecording pause;
  FirstNonFinite observer;
  model(inputs, Mode::training);
  if (observer.name.empty()) return "the outputs of all layers are finite";
  return fmt::format("the first layer whose output is not finite is {}", observer.name);
}

}  // namespace

void TerminateOnNaN::on_loss(TrainingState& state) {
  if (std::isfinite(state.batch_loss)) return;
  throw NonFiniteError(
      fmt::format("[fit] expected a finite loss, got {} in epoch {}, step {}; {}; try a lower learning rate (now {}), "
                  "scaled inputs or clipped gradients",
                  state.batch_loss, state.epoch, state.step, first_non_finite(state.model, state.batch->inputs),
                  state.optimizer.learning_rate()));
}

}  // namespace gradus::inline GRADUS_PRECISION
