#pragma once

#include <gradus/core/check.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Writes `parts`, one after the other, as the file `path`: afterwards, and at any moment before, whether the process
/// is killed or the power fails, the file is the earlier one or the new one and is whole. Of two processes that save to
/// one path, the last to finish wins. An interrupted save leaves a file `.gradus-*.tmp` in the folder, free to remove.
/// Throws FileError, with the earlier file untouched, if the system cannot write, and if `path` is a symbolic link, a
/// folder or a device.
void write_atomically(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);
void write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace gradus::inline GRADUS_PRECISION
