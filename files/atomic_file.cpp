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

/// Repeats a call interrupted by a signal.
template <class Call>
auto retry(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// The new file before it gets its name. The destructor closes it, and removes it unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& target) : target_(target) {
    struct stat found {};
    exists_ = ::lstat(target.c_str(), &found) == 0;
    if (exists_) check_replaceable(found.st_mode);
    check<FileError>(target.has_filename(), "{}: expected the path of a file, got no file name; add one",
                     target.string());
    // Keep the permissions of an existing file.
    const mode_t mode = exists_ ? found.st_mode & 0777 : 0666;
    folder_ = target.has_parent_path() ? target.parent_path() : ".";
    static std::atomic<unsigned> counter = 0;
    do {  // a name may exist: from a killed process with the same id, perhaps in another container
      path_ = folder_ / fmt::format(".gradus-{}-{}.tmp", ::getpid(), counter++);
      file_ = retry([&] { return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) fail(fmt::format("to create a file in '{}'", folder_.string()));
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
    if (retry([&] { return ::fsync(file_); }) != 0) fail(fmt::format("to flush {} bytes to the disk", written_));
    const int file = std::exchange(file_, -1);
    // Network file systems may report a full disk here. The file is closed in any case.
    if (::close(file) != 0 && errno != EINTR) fail(fmt::format("to close a file of {} bytes", written_));
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("to rename a temporary file to this name");
    path_.clear();
  }

  /// Flushes the new name to the disk.
  void sync_folder() const {
    const int folder = retry([&] { return ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (folder < 0) return;  // a folder without read permission cannot be flushed
    const int error = retry([&] { return ::fsync(folder); }) == 0 ? 0 : errno;
    ::close(folder);
    // EINVAL: the file system does not support it.
    check<FileError>(
        error == 0 || error == EINVAL,
        "{}: expected to flush the folder to the disk, got '{}'; the new file is complete, but a power failure may "
        "restore the previous one",
        target_.string(), std::generic_category().message(error));
  }

 private:
  void check_replaceable(mode_t mode) const {
    const std::string name = target_.string();
    check<FileError>(!S_ISLNK(mode),
                     "{}: expected a file or a new name, got a symbolic link; use the path of its target", name);
    check<FileError>(!S_ISDIR(mode), "{}: expected a file or a new name, got a folder; add the name of a file", name);
    check<FileError>(S_ISREG(mode), "{}: expected a file or a new name, got a pipe or a device; use another path",
                     name);
    // A rename only needs permission for the folder.
    if (::access(target_.c_str(), W_OK) != 0) fail("a writable file");
  }

  [[noreturn]] void fail(std::string_view expected) const {
    const std::string reason = std::generic_category().message(errno);
    throw FileError(fmt::format("{}: expected {}, got '{}'; check the folder and the disk{}", target_.string(),
                                expected, reason, exists_ ? " (the previous file is unchanged)" : ""));
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

void make_folder_of(const std::filesystem::path& path) {
  if (!path.has_parent_path()) return;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  check<FileError>(!error, "{}: expected a folder '{}' or to make it, got '{}'; choose another path", path.string(),
                   path.parent_path().string(), error.message());
}

void check_writable(const std::filesystem::path& path) {
  make_folder_of(path);
  constexpr std::byte nothing[1]{};
  Temporary(path).write(nothing);
}

}  // namespace gradus::inline GRADUS_PRECISION
