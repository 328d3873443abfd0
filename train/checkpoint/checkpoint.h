#pragma once

#include <gradus/train/callback.h>
#include <gradus/train/callbacks/monitor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

class RunFolder;

struct CheckpointOptions {
  Index every_steps = 0;     ///< saves after every so many steps; 0: not
  int every_epochs = 1;      ///< after every so many epochs; 0: not
  double every_minutes = 0;  ///< after the first step that ends so long after the last save; 0: not
  int keep = 3;              ///< the newest ones; older ones are removed
  /// A column of `History`, such as "validation_loss": of the checkpoints at ends of epochs, the one with the best
  /// value is kept besides. Empty: none.
  std::string monitor{};
  /// Goes on from the newest valid checkpoint in the folder; without one from the beginning.
  bool resume = false;
  bool verbose = true;  ///< prints which checkpoint training goes on from, and those that it skips, with the reason
};

/// Saves the whole training, so that `fit` can go on later as if nothing had happened, to the bit and with any number
/// of threads:
///
///     fit(model, optimizer, train, {.epochs = 10, .checkpoint = Checkpoint("run", {.resume = true})});
///
/// A checkpoint is a file such as checkpoint-000000500.safetensors, of weights, moving statistics, frozen layers, the
/// optimizer with its moments and multipliers, the order of the data and the place in it, random numbers, metrics,
/// history, and what the callbacks keep (`Callback::visit_state`). Resume with the same program: the same model,
/// optimizer, data and callbacks. Options of the optimizer besides its learning rate and weight decay are those of the
/// program. More epochs may be asked for than before.
///
/// Also saves when a callback such as `StopOnInterrupt` interrupts training. A save that fails leaves the checkpoints
/// as they are; training goes on, and `fit` throws at its end unless a later one succeeded.
///
/// Throws ValueError for options out of range; when `fit` begins: FileError if the folder cannot be written or no
/// checkpoint in it is valid, StateError if another run uses the folder, if there are checkpoints and `resume` is
/// false, and for checkpoints of another training.
class Checkpoint : public Callback {
 public:
  explicit Checkpoint(std::filesystem::path folder, const CheckpointOptions& options = {});
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint() override;

  void on_train_begin(TrainingState& state) override;
  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void on_train_end(TrainingState& state) override;
  void visit_state(Archive& archive) override;

  /// The checkpoint that training goes on from; empty if it began anew.
  const std::filesystem::path& resumed_from() const { return resumed_from_; }
  /// A text for each newer checkpoint that is not valid: its path, and why.
  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  void resume(TrainingState& state);
  void save(const TrainingState& state);
  void remove_old(Index steps) const;

  std::filesystem::path path_;
  CheckpointOptions options_;
  std::optional<Monitor> monitor_;
  Index best_ = -1;           // steps of the best checkpoint
  Index saved_ = -1;          // steps of the last one
  double saved_seconds_ = 0;  // when it was saved
  std::string failure_;       // why the last save failed
  std::filesystem::path resumed_from_;
  std::vector<std::string> skipped_;
  std::unique_ptr<RunFolder> folder_;  // while `fit` runs
};

}  // namespace gradus::inline GRADUS_PRECISION
