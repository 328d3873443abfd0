#pragma once

#include <gradus/core/archive.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A text file that grows line by line. Every line goes to the system at once, so that a killed run keeps its lines.
class LogFile {
 public:
  /// Goes on after the lines that the file has, or begins anew: the first line takes the place of all that there are.
  /// Makes the folder where there is none. Throws FileError if the file cannot be written, and for a pipe that nobody
  /// reads.
  LogFile(const std::filesystem::path& path, bool append);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Throws FileError if the system cannot write.
  void write(std::string_view line);

  /// Bytes of the lines that count.
  std::int64_t size() const { return size_; }
  /// The size. A restored file goes on from there: the next line takes the place of later ones. Throws FileError if it
  /// has fewer bytes.
  void visit_state(Archive& archive);

 private:
  /// Of the file; 0 for a pipe or a device.
  std::int64_t bytes() const;
  /// Throws FileError unless the system writes it.
  void write_all(std::string_view text) const;

  std::string path_;
  int file_;
  std::int64_t size_ = 0;
  bool cut_ = false;  // the next line takes the place of what comes after `size_`
};

}  // namespace gradus::inline GRADUS_PRECISION
