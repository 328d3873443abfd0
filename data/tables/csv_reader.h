#pragma once  // internal

#include <gradus/data/byte_stream/byte_stream.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Splits a file into records of cells. Not one of Debian's libraries: exceptions cannot pass the callbacks of libcsv,
/// and fast-cpp-csv-parser needs the number of columns at compile time.
class CsvReader {
 public:
  CsvReader(const std::filesystem::path& path, char separator);

  /// Throws FileError with the file and the first line of the current record unless the condition holds.
  template <class... Args>
  void expect(bool condition, fmt::format_string<Args...> text, Args&&... args) const {
    if (condition) return;
    const std::string fault = fmt::vformat(text, fmt::make_format_args(args...));
    throw FileError(fmt::format("{}, line {}: expected {}", stream_.name(), record_line_, fault));
  }

  /// The next record, without empty lines; nullopt at the end of the file.
  std::optional<std::vector<std::string>> next();
  /// The names of the columns, from the first record: each given, and once.
  std::vector<std::string> header();
  /// The number in a cell, which may be smaller than the smallest double, but has to be finite as Real.
  double number(const std::string& column, const std::string& cell) const;

 private:
  std::size_t offset() const { return total_ - (chunk_.size() - position_); }
  int begin_record();
  int peek();
  void advance();
  void skip_blanks();
  bool cell_ended();
  std::string cell();

  ByteStream stream_;
  std::size_t max_size_;  // after unpacking
  int separator_;
  std::vector<std::uint8_t> chunk_;
  std::size_t position_ = 0;
  std::size_t total_ = 0;  // read so far, including the chunk
  std::size_t record_start_ = 0;
  Index line_ = 1;
  Index record_line_ = 1;
};

}  // namespace gradus::inline GRADUS_PRECISION
