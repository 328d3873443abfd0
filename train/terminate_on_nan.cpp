#include <gradus/train/terminate_on_nan.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Whether a step moves it.
bool moves(const Parameter& parameter) { return parameter.trainable() && parameter.has_unused_gradient(); }

bool finite(const Tensor& x) {
  return std::ranges::all_of(x.values(), [](Real v) { return std::isfinite(v); });
}

/// The sum of all gradients: fast, and finite only if they are. In the chunks of the optimizer's step, which then finds
/// them in its caches.
Real sum_of_gradients(Parameters parameters) {
  constexpr Index chunks = 16;
  constexpr double nanoseconds = 0.05;  // per weight
  check_gradients("fit", parameters);
  std::array<Real, chunks> sums{};
  parallel_for(chunks, nanoseconds * static_cast<double>(padded_size(parameters)) / chunks,
               [&](Index first, Index last) {
                 for (const Parameter& parameter : parameters) {
                   const auto [begin, end] = find_segment(parameter, first, last, chunks);
                   if (begin == end || !moves(parameter)) continue;
                   sums[static_cast<std::size_t>(first)] += sum_of(parameter.gradient().data() + begin, end - begin);
                 }
               });
  return sum_of(sums.data(), chunks);
}

struct FirstNonFinite : ForwardObserver {
  // Layers within are done first, so that the first one to complain is the innermost.
  void on_output(Layer& layer, const Variable& x, const Variable& y) override {
    if (name.empty() && finite(x.value()) && !finite(y.value())) name = layer.name();
  }
  std::string name;
};

/// Where the numbers stop being finite: the inputs, a weight, or the output of a layer.
std::string reason(Layer& model, const Tensor& inputs) {
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

[[noreturn]] void fail(const TrainingState& state, std::string_view what, double got, std::string_view reason) {
  throw NonFiniteError(fmt::format(
      "[fit] expected a finite {}, got {} in epoch {}, step {}; {}; try a lower learning rate (now {}), "
      "scaled inputs or clipped gradients",
      what, std::isnan(got) ? std::abs(got) : got, state.epoch, state.step, reason, state.optimizer.learning_rate()));
}

double first_non_finite(const Tensor& x) {
  return *std::ranges::find_if(x.values(), [](Real v) { return !std::isfinite(v); });
}

}  // namespace

void TerminateOnNaN::on_loss(TrainingState& state) {
  if (std::isfinite(state.batch_loss)) return;
  fail(state, "loss", state.batch_loss, reason(state.model, state.batch->inputs));
}

void TerminateOnNaN::on_gradients(TrainingState& state) {
  if (std::isfinite(sum_of_gradients(state.model.parameters()))) return;
  const Parameter* last = nullptr;  // the nearest to the loss
  for (const Parameter& parameter : state.model.parameters()) {
    if (moves(parameter) && !finite(parameter.gradient())) last = &parameter;
  }
  if (last == nullptr) return;  // only their sum overflows
  fail(state, "gradient of " + last->name(), first_non_finite(last->gradient()),
       "the step is not taken; look for sqrt, log or a division at 0");
}

void TerminateOnNaN::on_epoch_end(TrainingState& state) {
  for (const NamedTensor& tensor : state.model.state()) {
    if (!finite(tensor.value())) fail(state, tensor.name(), first_non_finite(tensor.value()), "the steps overflowed");
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
