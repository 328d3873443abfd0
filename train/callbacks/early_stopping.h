#pragma once

#include <gradus/train/callbacks/monitor.h>

#include <string>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct EarlyStoppingOptions {
  std::string monitor = "validation_loss";  ///< a column of `History`
  int patience = 0;                         ///< epochs in a row without improvement that end training; 0 is as 1
  double min_delta = 0;                     ///< the least change that is an improvement
  /// At the end, whatever ended it, sets weights and moving statistics back to those of the best epoch. (Keras' default
  /// is false.)
  bool restore_best_weights = true;
};

/// Ends training when a number no longer improves (Keras: EarlyStopping).
/// Throws ValueError for options out of range, and when `fit` begins if it has no such number.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(const EarlyStoppingOptions& options = {});

  void on_train_begin(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void on_train_end(TrainingState& state) override;
  void visit_state(Archive& archive) override;

  /// The epoch whose number was best, and this number; 0 before there is one.
  int best_epoch() const { return best_epoch_; }
  double best() const { return best_epoch_ > 0 ? monitor_.best() : 0; }

 private:
  EarlyStoppingOptions options_;
  Monitor monitor_;
  int waited_ = 0;  // epochs
  int best_epoch_ = 0;
  std::vector<std::pair<std::string, Tensor>> best_weights_;  // and buffers, by name
};

}  // namespace gradus::inline GRADUS_PRECISION
