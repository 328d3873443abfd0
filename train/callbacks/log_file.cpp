#include <gradus/train/callbacks/log_file.h>

#include <gradus/files/atomic_file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gradus::inline GRADUS_PRECISION {

LogFile::LogFile(const std::filesystem::path& path, bool append) : path_(path.string()) {
  make_folder_of(path);
  // Without O_NONBLOCK a pipe would wait for a reader.
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_APPEND, 0666);
  check<FileError>(file_ >= 0, "{}: expected a file that can be written, got: {}", path_, std::strerror(errno));
  ::fcntl(file_, F_SETFL, O_APPEND);
  size_ = append ? bytes() : 0;
  cut_ = !append;
  try {
    write_all("");  // a full device says so at once
  } catch (...) {
    ::close(file_);
    throw;
  }
}

LogFile::~LogFile() { ::close(file_); }

std::int64_t LogFile::bytes() const {
  struct stat found {};
  return ::fstat(file_, &found) == 0 && S_ISREG(found.st_mode) ? found.st_size : 0;
}

void LogFile::write(std::string_view line) {
  if (cut_ && bytes() > size_) {
    check<FileError>(::ftruncate(file_, size_) == 0, "{}: expected to cut the file to {} bytes, got: {}", path_, size_,
                     std::strerror(errno));
  }
  cut_ = false;
  write_all(std::string(line) + '\n');
  size_ += std::ssize(line) + 1;
}

void LogFile::visit_state(Archive& archive) {
  archive("size", size_);
  if (!archive.restoring()) return;
  cut_ = true;
  check<FileError>(bytes() >= size_,
                   "{}: expected at least the {} bytes of the saved training, got {}; put the file "
                   "back, or log to another one",
                   path_, size_, bytes());
}

void LogFile::write_all(std::string_view text) const {
  do {
    const ssize_t count = ::write(file_, text.data(), text.size());
    check<FileError>(count >= 0 || errno == EINTR, "{}: expected to write a line, got: {}", path_,
                     std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  } while (!text.empty());
}

}  // namespace gradus::inline GRADUS_PRECISION
