#pragma once

#include <gradus/core/check.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The content of an IDX file of unsigned bytes (the format of MNIST): sizes along the axes, elements row-major.
struct IdxArray {
  std::vector<Index> sizes;
  std::vector<std::uint8_t> bytes;
};

/// Reads images, sizes (count, rows, columns), or labels, sizes (count). Raw or gzip, told apart by content, whatever
/// the name. At most 1 GiB; 256 MiB if packed.
/// Throws FileError that names path, field and offset (in gzip: after unpacking) unless it is a complete file of that
/// kind; finding out costs at most 48 MiB and a second, whatever the header promises.
IdxArray read_idx_images(const std::filesystem::path& path);
IdxArray read_idx_labels(const std::filesystem::path& path);

/// The same from memory; `name` stands for the path in error texts.
IdxArray read_idx_images(const std::string& name, std::span<const std::uint8_t> file);
IdxArray read_idx_labels(const std::string& name, std::span<const std::uint8_t> file);

}  // namespace gradus::inline GRADUS_PRECISION
