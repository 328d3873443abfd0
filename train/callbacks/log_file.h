#pragma once

#include <gradus/core/check.h>

#include <filesystem>
#include <fstream>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A text file that grows line by line. Every line goes to the system at once, so that a killed run keeps its lines.
class LogFile {
 public:
  /// Goes on after the lines that the file has, or begins anew. Throws FileError if it cannot be written.
  LogFile(const std::filesystem::path& path, bool append);

  /// Throws FileError if the system cannot write.
  void write(std::string_view line);

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace gradus::inline GRADUS_PRECISION
