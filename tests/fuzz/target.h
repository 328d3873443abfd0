#pragma once

#include <gradus/core/check.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

/// Input of a fuzz target.
using Bytes = std::span<const std::uint8_t>;

// --- each target defines these two -----------------------------------------------------------------------------------

/// Reads the bytes as the file that the target is about.
void fuzz(Bytes bytes);

/// Calls `seed` for valid inputs, made by the writers of the library.
void make_seeds();

// --- what it does so with --------------------------------------------------------------------------------------------

/// An input to start from. Inputs that miss it narrowly are added: cut, longer, with other numbers in text, and with
/// single bytes changed.
void seed(std::string_view bytes);

/// A file in memory, with a path.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes);
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  int descriptor_;
  std::filesystem::path path_;
};

/// Ends the program, as a finding, unless the condition holds.
void require(bool condition, std::string_view text);

/// A text of an error is short, and has no control characters but line breaks.
void require_readable(std::string_view text);

/// Whether `read` accepts the input. A refusal is an error of type E with a readable text; everything else is a
/// finding.
template <class E = gradus::FileError, class Read>
bool accepted(const Read& read) {
  try {
    read();
    return true;
  } catch (const E& error) {
    require_readable(error.what());
    return false;
  }
}
