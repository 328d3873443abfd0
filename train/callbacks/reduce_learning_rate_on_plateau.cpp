#include <gradus/train/callbacks/reduce_learning_rate_on_plateau.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

ReduceLearningRateOnPlateau::ReduceLearningRateOnPlateau(const ReduceLearningRateOnPlateauOptions& options)
    : options_(options), monitor_("reduce_learning_rate_on_plateau", options.monitor, options.min_delta) {
  check(options.factor > 0 && options.factor < 1,
        "[reduce_learning_rate_on_plateau] expected a factor above 0 and below 1, got {}", options.factor);
  check(options.patience >= 0, "[reduce_learning_rate_on_plateau] expected a patience of at least 0 epochs, got {}",
        options.patience);
  check(options.cooldown >= 0, "[reduce_learning_rate_on_plateau] expected a cooldown of at least 0 epochs, got {}",
        options.cooldown);
  check(options.min_learning_rate >= 0,
        "[reduce_learning_rate_on_plateau] expected a min_learning_rate of at least 0, got {}",
        options.min_learning_rate);
}

void ReduceLearningRateOnPlateau::on_train_begin(TrainingState& state) {
  monitor_.reset(state);
  waited_ = cooling_ = 0;
}

void ReduceLearningRateOnPlateau::on_epoch_end(TrainingState& state) {
  if (cooling_ > 0) {
    --cooling_;
    waited_ = 0;
  }
  if (monitor_.improved(state)) {
    waited_ = 0;
  } else if (cooling_ == 0 && ++waited_ >= options_.patience) {
    const double rate = state.optimizer.learning_rate();
    if (rate <= options_.min_learning_rate) return;
    state.optimizer.set_learning_rate(std::max(rate * options_.factor, options_.min_learning_rate));
    cooling_ = options_.cooldown;
    waited_ = 0;
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
