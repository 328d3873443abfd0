#include <gradus/train/callbacks/profile_training.h>

namespace gradus::inline GRADUS_PRECISION {

void ProfileTraining::on_train_begin(TrainingState&) { profile_.emplace(); }

void ProfileTraining::on_batch_begin(TrainingState&) { profile_->lap("loader"); }

// The tape adds the operations to the profile; what lies between the last of them and this hook are the metrics.
void ProfileTraining::on_loss(TrainingState&) { profile_->lap("metrics"); }

void ProfileTraining::on_step_end(TrainingState&) { profile_->end_step(); }

void ProfileTraining::on_epoch_end(TrainingState&) { profile_->skip(); }

void ProfileTraining::on_train_end(TrainingState&) {
  fmt::print("{}", to_string(*profile_));
  profile_.reset();
}

}  // namespace gradus::inline GRADUS_PRECISION
