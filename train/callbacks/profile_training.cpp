#include <gradus/train/callbacks/profile_training.h>

namespace gradus::inline GRADUS_PRECISION {

void ProfileTraining::on_train_begin(TrainingState&) { profile_ = std::make_unique<Profile>(); }

void ProfileTraining::on_step_end(TrainingState&) { profile_->count_step(); }

void ProfileTraining::on_train_end(TrainingState&) {
  fmt::print("{}", to_string(*profile_));
  profile_.reset();
}

}  // namespace gradus::inline GRADUS_PRECISION
