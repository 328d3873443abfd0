#pragma once

#include <gradus/core/check.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Content of an IDX file of unsigned bytes (the format of MNIST): sizes of the axes, elements row-major.
struct IdxArray {
  std::vector<Index> sizes;
  std::vector<std::uint8_t> bytes;
};

/// Reads images, sizes (count, rows, columns), or labels, sizes (count). The file is raw or gzip, recognized by its
/// content, with at most 1 GiB of data, 256 MiB if gzip. Throws FileError with path, field and offset (after unpacking)
/// for every other file. Rejecting a file takes at most 48 MiB of memory and a second.
IdxArray read_idx_images(const std::filesystem::path& path);
IdxArray read_idx_labels(const std::filesystem::path& path);

/// The same from memory. `name` takes the place of the path in error texts.
IdxArray read_idx_images(const std::string& name, std::span<const std::uint8_t> file);
IdxArray read_idx_labels(const std::string& name, std::span<const std::uint8_t> file);

}  // namespace gradus::inline GRADUS_PRECISION
