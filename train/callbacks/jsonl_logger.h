#pragma once

#include <gradus/train/callback.h>
#include <gradus/train/callbacks/log_file.h>

#include <memory>

namespace gradus::inline GRADUS_PRECISION {

struct JsonlLoggerOptions {
  bool append = false;  ///< go on after the lines that the file has, if it is there
  Index every = 0;      ///< a line after every so many steps, too; 0: none
};

/// Adds a JSON object in a line of its own after every epoch, with the columns of `History` as keys, and on request
/// after steps: {"epoch":1,"step":20,"batch_loss":0.4,"learning_rate":0.01}. NaN and infinity become null.
/// Throws ValueError for `every` below 0, and FileError, when `fit` begins, if the file cannot be written.
class JsonlLogger : public Callback {
 public:
  explicit JsonlLogger(std::filesystem::path path, const JsonlLoggerOptions& options = {});

  void on_train_begin(TrainingState& state) override;
  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void visit_state(Archive& archive) override { archive("file", *file_); }

 private:
  std::filesystem::path path_;
  JsonlLoggerOptions options_;
  std::unique_ptr<LogFile> file_;
};

}  // namespace gradus::inline GRADUS_PRECISION
