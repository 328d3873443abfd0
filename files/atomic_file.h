#pragma once

#include <gradus/core/check.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Writes `parts`, one after the other, to the file `path`. At any time, also after a killed process or a power
/// failure, the file is complete: the previous one or the new one. If two processes write to one path, the last one to
/// finish wins. A killed process may leave a file `.gradus-*.tmp` in the folder, which the next save there removes.
/// Throws FileError, with the previous file unchanged, if the system cannot write and if `path` is a symbolic link, a
/// folder, a pipe or a device.
void write_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void write_atomically(const std::filesystem::path& path, std::string_view text);

/// For a file that will be written later: makes its folder where there is none. Throws FileError if it cannot.
void make_folder_of(const std::filesystem::path& path);
/// The same, and throws FileError if write_atomically would, which is tried with a temporary file.
void check_writable(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
