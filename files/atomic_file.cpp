#include <gradus/files/atomic_file.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls again what a signal interrupted.
template <class Call>
auto retry(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// The new file until it gets its name: closed and removed by the destructor unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& target) : target_(target) {
    struct stat found {};
    exists_ = ::lstat(target.c_str(), &found) == 0;
    if (exists_) check_replaceable(found.st_mode);
    check<FileError>(target.has_filename(), "{}: expected the name of a file; add it to the folder", target.string());
    // A private file stays private.
    const mode_t mode = exists_ ? found.st_mode & 0777 : 0666;
    folder_ = target.has_parent_path() ? target.parent_path() : ".";
    static std::atomic<unsigned> counter = 0;
    do {  // a number that is taken was left by a killed process of the same id, perhaps in another container
      path_ = folder_ / fmt::format(".gradus-{}-{}.tmp", ::getpid(), counter++);
      file_ = retry([&] { return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) fail(fmt::format("to create a file in the folder '{}'", folder_.string()));
  }

  ~Temporary() {
    if (file_ >= 0) ::close(file_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = retry([&] { return ::write(file_, bytes.data(), bytes.size()); });
      if (count == 0) errno = EIO;
      if (count <= 0) fail(fmt::format("to write {} bytes after the first {}", bytes.size(), written_));
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      written_ += static_cast<std::size_t>(count);
    }
  }

  void rename() {
    if (retry([&] { return ::fsync(file_); }) != 0) fail(fmt::format("to bring {} bytes to the disk", written_));
    const int file = std::exchange(file_, -1);
    // Network file systems report a full disk as late as here. Closed it is in any case.
    if (::close(file) != 0 && errno != EINTR) fail(fmt::format("to close {} bytes", written_));
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("to rename a temporary file to this name");
    path_.clear();
  }

  /// Brings the new name to the disk.
  void sync_folder() const {
    const int folder = retry([&] { return ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (folder < 0) return;  // a folder that may be written but not read cannot be asked for more
    const int error = retry([&] { return ::fsync(folder); }) == 0 ? 0 : errno;
    ::close(folder);
    // EINVAL: a file system that has no such operation.
    check<FileError>(
        error == 0 || error == EINVAL,
        "{}: expected to bring the folder to the disk, got '{}'; the new file is complete, but a power failure "
        "may bring back the earlier one",
        target_.string(), std::generic_category().message(error));
  }

 private:
  void check_replaceable(mode_t mode) const {
    const std::string name = target_.string();
    check<FileError>(!S_ISLNK(mode),
                     "{}: expected a file or a new name, got a symbolic link; give the path it leads to", name);
    check<FileError>(!S_ISDIR(mode), "{}: expected a file or a new name, got a folder; add the name of a file", name);
    check<FileError>(S_ISREG(mode), "{}: expected a file or a new name, got a pipe or a device; give another path",
                     name);
    // A rename would replace it all the same: it asks the folder alone.
    if (::access(target_.c_str(), W_OK) != 0) fail("a file that may be replaced");
  }

  [[noreturn]] void fail(std::string_view expected) const {
    const std::string reason = std::generic_category().message(errno);
    throw FileError(fmt::format("{}: expected {}, got '{}'; check the folder and the disk{}", target_.string(),
                                expected, reason, exists_ ? " (the earlier file is untouched)" : ""));
  }

  std::filesystem::path target_;
  std::filesystem::path folder_;
  std::filesystem::path path_;
  bool exists_ = false;
  int file_ = -1;
  std::size_t written_ = 0;
};

}  // namespace

void write_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  Temporary file(path);
  for (const auto& part : parts) file.write(part);
  file.rename();
  file.sync_folder();
}

void write_atomically(const std::filesystem::path& path, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  write_atomically(path, std::span(&bytes, 1));
}

}  // namespace gradus::inline GRADUS_PRECISION
