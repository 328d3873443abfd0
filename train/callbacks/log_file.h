#pragma once

#include <gradus/core/check.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A text file that grows line by line. Every line goes to the system at once, so that a killed run keeps its lines.
class LogFile {
 public:
  /// Goes on after the lines that the file has, or begins anew; makes its folder where there is none. Throws FileError
  /// if it cannot be written, and for a pipe that nobody reads.
  LogFile(const std::filesystem::path& path, bool append);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Throws FileError if the system cannot write.
  void write(std::string_view line);

 private:
  /// Throws FileError unless the system writes it.
  void write_all(std::string_view text) const;

  std::string path_;
  int file_;
};

}  // namespace gradus::inline GRADUS_PRECISION
