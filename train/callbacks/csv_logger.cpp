#include <gradus/train/callbacks/csv_logger.h>

#include <gradus/files/atomic_file.h>

#include <fmt/ranges.h>

#include <fstream>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The table that has the present numbers as its only row.
History present(const TrainingState& state) {
  History history;
  history.append(state.numbers());
  return history;
}

std::string heading_of(const History& history) { return fmt::format("{}", fmt::join(history.columns(), ",")); }
std::string line_of(const History& history, std::size_t i) { return fmt::format("{}", fmt::join(history.row(i), ",")); }

}  // namespace

void CsvLogger::on_train_begin(TrainingState& state) {
  const std::string heading = heading_of(present(state));
  std::string first_line;
  if (options_.append) {
    std::ifstream earlier(path_);
    std::getline(earlier, first_line);
    check<FileError>(first_line.empty() || first_line == heading,
                     "{}: expected the columns {}, found {}; append to another file", path_.string(), heading,
                     first_line);
  }
  file_ = std::make_unique<LogFile>(path_, options_.append);
}

void CsvLogger::on_epoch_end(TrainingState& state) {
  const History row = present(state);
  if (file_->size() == 0) file_->write(heading_of(row));
  file_->write(line_of(row, 0));
}

void write_csv(const History& history, const std::filesystem::path& path) {
  std::string text = heading_of(history) + "\n";
  for (std::size_t i = 0; i < history.size(); ++i) text += line_of(history, i) + "\n";
  write_atomically(path, text);
}

}  // namespace gradus::inline GRADUS_PRECISION
