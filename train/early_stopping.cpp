#include <gradus/train/early_stopping.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls `visit` with the values of all weights, then of all buffers, and their positions.
template <class Visit>
void for_values(Layer& model, Visit visit) {
  std::size_t position = 0;
  for (const Parameters& list : {model.parameters(), model.buffers()}) {
    for (Parameter& parameter : list) visit(position++, parameter.value());
  }
}

}  // namespace

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options)
    : options_(options), monitor_("early_stopping", options.monitor, options.min_delta) {
  check(options.patience >= 0, "[early_stopping] expected a patience of at least 0 epochs, got {}", options.patience);
}

void EarlyStopping::on_train_begin(TrainingState& state) {
  monitor_.reset(state);
  waited_ = best_epoch_ = 0;
  best_weights_.clear();
}

void EarlyStopping::on_epoch_end(TrainingState& state) {
  if (!monitor_.improved(state)) {
    if (++waited_ >= options_.patience) state.stop = true;
    return;
  }
  waited_ = 0;
  best_epoch_ = state.epoch;
  if (!options_.restore_best_weights) return;
  for_values(state.model, [&](std::size_t i, const Tensor& value) {
    if (i == best_weights_.size()) best_weights_.push_back(Tensor::empty(value.shape()));
    best_weights_[i].copy_from(value);
  });
}

void EarlyStopping::on_train_end(TrainingState& state) {
  if (best_weights_.empty()) return;
  for_values(state.model, [&](std::size_t i, Tensor& value) { value.copy_from(best_weights_[i]); });
}

}  // namespace gradus::inline GRADUS_PRECISION
