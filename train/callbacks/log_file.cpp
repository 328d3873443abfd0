#include <gradus/train/callbacks/log_file.h>

#include <cerrno>
#include <cstring>

namespace gradus::inline GRADUS_PRECISION {

LogFile::LogFile(const std::filesystem::path& path, bool append)
    : path_(path.string()), file_(path, append ? std::ios::app : std::ios::trunc) {
  check<FileError>(file_.good(), "{}: expected a file that can be written, got: {}", path_, std::strerror(errno));
}

void LogFile::write(std::string_view line) {
  file_ << line << '\n' << std::flush;
  check<FileError>(file_.good(), "{}: expected to write a line, got: {}", path_, std::strerror(errno));
}

}  // namespace gradus::inline GRADUS_PRECISION
