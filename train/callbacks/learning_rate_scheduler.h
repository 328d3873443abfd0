#pragma once

#include <gradus/optim/schedules/schedule.h>
#include <gradus/train/callback.h>

namespace gradus::inline GRADUS_PRECISION {

/// Sets the learning rate before every step to that of the schedule, for the steps that the optimizer has taken so far,
/// earlier calls of `fit` included (Keras: a schedule as the optimizer's learning rate; its LearningRateScheduler
/// counts epochs).
///
///     LearningRateScheduler scheduler(warm_up(500, cosine_decay(0.1, 10'000)));
class LearningRateScheduler : public Callback {
 public:
  explicit LearningRateScheduler(Schedule schedule) : schedule_(std::move(schedule)) {}

  void on_loss(TrainingState& state) override { state.optimizer.set_learning_rate(schedule_(state.optimizer.steps())); }

 private:
  Schedule schedule_;
};

}  // namespace gradus::inline GRADUS_PRECISION
