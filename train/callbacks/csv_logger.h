#pragma once

#include <gradus/train/callback.h>
#include <gradus/train/callbacks/log_file.h>

#include <memory>

namespace gradus::inline GRADUS_PRECISION {

struct CsvLoggerOptions {
  bool append = false;  ///< go on after the rows that the file has, if it is there
};

/// Adds a row to a comma-separated file after every epoch, under a heading: the columns of `History` (Keras:
/// CSVLogger). Throws FileError, when `fit` begins, if the file cannot be written or has other columns.
class CsvLogger : public Callback {
 public:
  explicit CsvLogger(std::filesystem::path path, const CsvLoggerOptions& options = {})
      : path_(std::move(path)), options_(options) {}

  void on_train_begin(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void visit_state(Archive& archive) override { archive("file", *file_); }

 private:
  std::filesystem::path path_;
  CsvLoggerOptions options_;
  std::unique_ptr<LogFile> file_;
};

/// Writes a history as comma-separated values, with a heading. The file is replaced as a whole. Throws FileError.
void write_csv(const History& history, const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
