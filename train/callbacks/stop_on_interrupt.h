#pragma once

#include <gradus/train/callback.h>
#include <gradus/train/callbacks/interrupt.h>

#include <filesystem>
#include <memory>

namespace gradus::inline GRADUS_PRECISION {

/// Ends training after the current step when Ctrl-C is pressed or SIGTERM or SIGHUP arrives, without validation, and
/// prints where it stopped; `History::interrupted` is then true. If a path is given, the model is saved there. A second
/// signal ends the program. Throws FileError, when `fit` begins, if this file cannot be written. Put it last, so that
/// the other callbacks are done with the model. See `Interrupt` for programs that handle SIGINT.
class StopOnInterrupt : public Callback {
 public:
  explicit StopOnInterrupt(std::filesystem::path path = {}) : path_(std::move(path)) {}

  void on_train_begin(TrainingState& state) override;
  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void on_train_end(TrainingState& state) override;

 private:
  std::filesystem::path path_;
  std::unique_ptr<Interrupt> interrupt_;  // while `fit` runs
};

}  // namespace gradus::inline GRADUS_PRECISION
