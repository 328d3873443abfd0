#include <gradus/train/callbacks/early_stopping.h>

namespace gradus::inline GRADUS_PRECISION {

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
  const ConstNamedTensors all = state.model.state();
  for (std::size_t i = best_weights_.size(); i < all.size(); ++i) {
    best_weights_.push_back(Tensor::empty(all[i].shape()));
  }
  for (std::size_t i = 0; i < all.size(); ++i) best_weights_[i].copy_from(all[i].value());
}

void EarlyStopping::on_train_end(TrainingState& state) {
  for (std::size_t i = 0; i < best_weights_.size(); ++i) state.model.state()[i].value().copy_from(best_weights_[i]);
}

}  // namespace gradus::inline GRADUS_PRECISION
