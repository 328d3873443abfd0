#include <gradus/train/callbacks/csv_logger.h>

#include <gradus/files/atomic_file.h>

#include <fmt/ranges.h>

#include <fstream>
#include <ranges>

namespace gradus::inline GRADUS_PRECISION {

void CsvLogger::on_train_begin(TrainingState& state) {
  const std::string heading =
      fmt::format("{}", fmt::join(state.numbers() | std::views::transform(&History::Number::name), ","));
  std::string first_line;
  if (options_.append) {
    std::ifstream earlier(path_);
    std::getline(earlier, first_line);
    check<FileError>(first_line.empty() || first_line == heading,
                     "{}: expected the columns {}, found {}; append to another file", path_.string(), heading,
                     first_line);
  }
  file_ = std::make_unique<LogFile>(path_, options_.append);
  if (first_line.empty()) file_->write(heading);
}

void CsvLogger::on_epoch_end(TrainingState& state) {
  file_->write(fmt::format("{}", fmt::join(state.numbers() | std::views::transform(&History::Number::value), ",")));
}

void write_csv(const History& history, const std::filesystem::path& path) {
  std::string text = fmt::format("{}\n", fmt::join(history.columns(), ","));
  for (std::size_t i = 0; i < history.size(); ++i) text += fmt::format("{}\n", fmt::join(history.row(i), ","));
  write_atomically(path, text);
}

}  // namespace gradus::inline GRADUS_PRECISION
