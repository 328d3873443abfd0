#include <gradus/train/callbacks/stop_on_interrupt.h>

#include <gradus/core/message.h>
#include <gradus/files/atomic_file.h>
#include <gradus/files/model_file.h>

namespace gradus::inline GRADUS_PRECISION {

void StopOnInterrupt::on_train_begin(TrainingState&) {
  if (!path_.empty()) check_writable(path_);
  interrupt_ = std::make_unique<Interrupt>();
}

void StopOnInterrupt::on_step_end(TrainingState& state) {
  if (interrupt_->requested()) state.stop = state.interrupted = true;
}

void StopOnInterrupt::on_epoch_end(TrainingState& state) { on_step_end(state); }

void StopOnInterrupt::on_train_end(TrainingState& state) {
  interrupt_.reset();  // first, as saving may throw
  if (!state.interrupted) return;
  const std::string where = fmt::format("interrupted in epoch {}, step {}", state.epoch, state.step);
  if (path_.empty()) {
    print_message(stdout, where + "\n");
    return;
  }
  save_model(state.model, path_);
  print_message(stdout, fmt::format("{}; the model is in {}\n", where, path_.string()));
}

}  // namespace gradus::inline GRADUS_PRECISION
