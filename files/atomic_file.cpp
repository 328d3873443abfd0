#include <gradus/files/atomic_file.h>

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <string_view>
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

constexpr std::string_view prefix = ".gradus-";
constexpr std::string_view suffix = ".tmp";

/// Removes the temporary file `name` unless a process writes it, which then has it locked.
void remove_if_unlocked(int folder, const char* name) {
  const int file = ::openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  struct stat opened {};
  struct stat named {};
  const bool orphan = ::fstat(file, &opened) == 0 && S_ISREG(opened.st_mode) && ::flock(file, LOCK_EX | LOCK_NB) == 0 &&
                      ::fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && opened.st_ino == named.st_ino;
  if (orphan) ::unlinkat(folder, name, 0);
  ::close(file);
}

/// Removes the temporary files of processes that were killed, on any machine that shares the folder; where the file
/// system has no locks, none. Not by std::filesystem, which ends the program when memory is short.
void remove_orphans(const char* path) {
  DIR* folder = ::opendir(path);
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(prefix) && name.ends_with(suffix)) remove_if_unlocked(::dirfd(folder), entry->d_name);
  }
  ::closedir(folder);
}

/// The new file before it gets its name. It is locked as long as it is in use. The destructor closes it, and removes it
/// unless it was renamed.
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
    remove_orphans(folder_.c_str());
    // Another process may have removed the file before it was locked.
    while (!create(mode)) ::close(std::exchange(file_, -1));
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
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("to rename a temporary file to this name");
    path_.clear();
  }

  /// Flushes the new name to the disk.
  void sync_folder() const {
    const int folder = retry([&] { return ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (folder < 0) return;  // a folder without read permission cannot be flushed
    const int error = retry([&] { return ::fsync(folder); }) == 0 ? 0 : errno;
    ::close(folder);
    if (error == 0 || error == EINVAL) return;  // EINVAL: the file system does not support it
    throw FileError(
        fmt::format("{}: expected to flush the folder to the disk, got '{}'; the new file is complete, but a power "
                    "failure may restore the previous one",
                    target_.string(), std::generic_category().message(error)));
  }

 private:
  /// Creates and locks the file. Returns whether it still has its name.
  bool create(mode_t mode) {
    static std::atomic<unsigned> counter = 0;
    do {  // a name may exist: from a process with the same id in another container
      path_ = folder_ / fmt::format("{}{}-{}{}", prefix, ::getpid(), counter++, suffix);
      file_ = retry([&] { return ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) fail(fmt::format("to create a file in '{}'", folder_.string()));
    retry([&] { return ::flock(file_, LOCK_EX); });  // without locks, nobody removes it
    struct stat created {};
    return ::fstat(file_, &created) != 0 || created.st_nlink > 0;
  }

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
