#pragma once  // internal

#include <gradus/core/real.h>

#include <filesystem>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A folder of checkpoints, by the number of steps. One object in all programs has it at a time; the lock ends with the
/// object or its process.
class RunFolder {
 public:
  struct Entry {
    Index steps;
    std::filesystem::path path;
  };

  /// Makes the folder where there is none. Throws FileError if it cannot be written, StateError if another run has it.
  explicit RunFolder(const std::filesystem::path& path);

  std::filesystem::path path_of(Index steps) const;
  /// The checkpoints, newest first.
  std::vector<Entry> checkpoints() const;

 private:
  class Lock {
   public:
    explicit Lock(const std::filesystem::path& path);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    /// What others read who want the folder, too.
    void write(std::string_view text) const;

   private:
    std::filesystem::path path_;
    int file_;
  };

  std::filesystem::path path_;
  Lock lock_;
};

}  // namespace gradus::inline GRADUS_PRECISION
