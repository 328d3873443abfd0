#include <gradus/train/callbacks/profile_training.h>

#include <gradus/core/message.h>

namespace gradus::inline GRADUS_PRECISION {

void ProfileTraining::on_train_begin(TrainingState&) { profile_ = std::make_unique<Profile>(); }

void ProfileTraining::on_step_end(TrainingState&) { profile_->count_step(); }

void ProfileTraining::on_train_end(TrainingState&) {
  print_message(stdout, to_string(*profile_));
  profile_.reset();
}

}  // namespace gradus::inline GRADUS_PRECISION
