#include <gradus/train/terminate_on_nan.h>

#include <gradus/core/all_finite.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/parallel.h>
#include <gradus/optim/segments.h>
#include <gradus/train/detect_anomaly.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Whether a step moves it.
bool moves(const Parameter& parameter) { return parameter.trainable() && parameter.has_unused_gradient(); }

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

std::string TerminateOnNaN::reason(const TrainingState& state) {
  const KeepGenerator keep;
  default_generator() = generator_;
  const std::string text =
      detect_anomaly(state.model, loss_.is_default() ? default_loss(state.classes) : loss_, *state.batch);
  return text.empty() ? "the same batch is finite when tried again" : text;
}

void TerminateOnNaN::on_loss(TrainingState& state) {
  if (!std::isfinite(state.batch_loss)) fail(state, "loss", state.batch_loss, reason(state));
}

void TerminateOnNaN::on_gradients(TrainingState& state) {
  if (std::isfinite(sum_of_gradients(state.model.parameters()))) return;
  const Parameter* last = nullptr;  // the nearest to the loss
  for (const Parameter& parameter : state.model.parameters()) {
    if (moves(parameter) && !all_finite(parameter.gradient().values())) last = &parameter;
  }
  if (last == nullptr) return;  // only their sum overflows
  const double got = first_non_finite(last->gradient());
  const std::string name = last->name();
  fail(state, "gradient of " + name, got, "the step is not taken; " + reason(state));
}

void TerminateOnNaN::on_epoch_end(TrainingState& state) {
  for (const NamedTensor& tensor : state.model.state()) {
    if (!all_finite(tensor.value().values()))
      fail(state, tensor.name(), first_non_finite(tensor.value()), "the steps overflowed");
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
