#include <gradus/train/checkpoint/run_folder.h>

#include <gradus/core/check.h>
#include <gradus/core/printable.h>
#include <gradus/files/atomic_file.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>
#include <system_error>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::string_view prefix = "checkpoint-";
constexpr std::string_view suffix = ".safetensors";

std::string host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string owner_in(int file) {
  std::array<char, 256> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  return size > 0 ? printable(std::string_view(text.data(), static_cast<std::size_t>(size))) : "another program";
}

/// Whether the open file is still the one of this path: its owner may have removed it in between.
bool is_current(int file, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

int lock(const std::filesystem::path& path) {
  while (true) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    check<FileError>(file >= 0, "{}: expected a file that can be written, got '{}'; choose another folder",
                     path.string(), std::generic_category().message(errno));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      const std::string owner = owner_in(file);
      ::close(file);
      check<FileError>(error == EWOULDBLOCK, "{}: expected to lock the file, got '{}'; choose a folder on another disk",
                       path.string(), std::generic_category().message(error));
      throw StateError(
          fmt::format("{}: expected a folder that no other run uses, got one of {}; wait for its end, or "
                      "choose another folder",
                      path.parent_path().string(), owner));
    }
    if (is_current(file, path)) return file;
    ::close(file);
  }
}

}  // namespace

RunFolder::Lock::Lock(const std::filesystem::path& path) : path_(path), file_(lock(path)) {}

RunFolder::Lock::~Lock() {
  ::unlink(path_.c_str());
  ::close(file_);
}

void RunFolder::Lock::write(std::string_view text) const {
  if (::ftruncate(file_, 0) == 0) static_cast<void>(::pwrite(file_, text.data(), text.size(), 0) > 0);
}

RunFolder::RunFolder(const std::filesystem::path& path)
    : path_((check_writable(path / "checkpoint"), path)), lock_(path / ".lock") {
  // For people: what counts is the lock.
  lock_.write(fmt::format("process {} on {}, since {:%F %T}", ::getpid(), host(), fmt::localtime(std::time(nullptr))));
}

std::filesystem::path RunFolder::path_of(Index steps) const {
  return path_ / fmt::format("{}{:09}{}", prefix, steps, suffix);
}

std::vector<RunFolder::Entry> RunFolder::checkpoints() const {
  std::vector<Entry> result;
  // Not directory_iterator, which ends the program where memory is short.
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path_.c_str()), ::closedir);
  check<FileError>(folder != nullptr, "{}: expected a folder that can be read, got '{}'", path_.string(),
                   std::generic_category().message(errno));
  while (const dirent* const file = ::readdir(folder.get())) {
    const std::string_view name = file->d_name;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    Index steps = 0;
    const char* const end = name.data() + name.size() - suffix.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, steps);
    if (error == std::errc() && stop == end) result.push_back({steps, path_ / name});
  }
  std::ranges::sort(result, std::ranges::greater(), &Entry::steps);
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
