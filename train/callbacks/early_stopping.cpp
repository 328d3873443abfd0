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
  if (!options_.restore_best_weights) return;
  for (const NamedTensor& tensor : state.model.state()) {
    best_weights_.emplace_back(tensor.name(), Tensor::empty(tensor.shape()));
  }
}

void EarlyStopping::on_epoch_end(TrainingState& state) {
  if (!monitor_.improved(state)) {
    if (++waited_ >= options_.patience) state.stop = true;
    return;
  }
  waited_ = 0;
  best_epoch_ = state.epoch;
  for (std::size_t i = 0; i < best_weights_.size(); ++i) {
    best_weights_[i].second.copy_from(state.model.state()[i].value());
  }
}

void EarlyStopping::on_train_end(TrainingState& state) {
  if (best_epoch_ == 0) return;
  for (std::size_t i = 0; i < best_weights_.size(); ++i) {
    state.model.state()[i].value().copy_from(best_weights_[i].second);
  }
}

void EarlyStopping::visit_state(Archive& archive) {
  archive("monitor", monitor_).count("waited", waited_).count("best_epoch", best_epoch_);
  if (best_epoch_ == 0) return;
  for (auto& [name, value] : best_weights_) archive(name, value);
}

}  // namespace gradus::inline GRADUS_PRECISION
