#include <gradus/train/callbacks/log_file.h>

#include <gradus/files/atomic_file.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gradus::inline GRADUS_PRECISION {

LogFile::LogFile(const std::filesystem::path& path, bool append) : path_(path.string()) {
  make_folder_of(path);
  // Without O_NONBLOCK a pipe would wait for a reader.
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | (append ? O_APPEND : O_TRUNC), 0666);
  check<FileError>(file_ >= 0, "{}: expected a file that can be written, got: {}", path_, std::strerror(errno));
  ::fcntl(file_, F_SETFL, append ? O_APPEND : 0);
  try {
    write_all("");  // a full device says so at once
  } catch (...) {
    ::close(file_);
    throw;
  }
}

LogFile::~LogFile() { ::close(file_); }

void LogFile::write(std::string_view line) { write_all(std::string(line) + '\n'); }

void LogFile::write_all(std::string_view text) const {
  do {
    const ssize_t count = ::write(file_, text.data(), text.size());
    check<FileError>(count >= 0 || errno == EINTR, "{}: expected to write a line, got: {}", path_,
                     std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  } while (!text.empty());
}

}  // namespace gradus::inline GRADUS_PRECISION
