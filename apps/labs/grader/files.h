#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

namespace fs = std::filesystem;

/// What the user can mend: its text is printed without further ado.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string read_file(const fs::path& path);

/// Appears under its name only when complete, so that two programs can write it at once.
void write_file(const fs::path& path, std::string_view text);

/// FNV-1a.
std::uint64_t hash_of(std::string_view text, std::uint64_t start = 0xcbf29ce484222325);
std::string hex_of(std::uint64_t hash);

std::vector<std::string> lines_of(const std::string& text);
std::string joined(const std::vector<std::string>& parts, std::string_view between);
std::string trimmed(std::string text);

/// A folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace lab
