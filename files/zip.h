#pragma once  // internal

#include <gradus/files/element_type.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

class ByteStream;

/// A file in a zip archive.
struct ZipEntry {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::size_t stored_size = 0;  ///< in the archive
  std::size_t size = 0;
  std::size_t offset = 0;  ///< of its header
};

/// The entries of an archive (PKWARE's APPNOTE 6.3), from its central directory: stored or deflated, without overlaps.
/// Throws FileError for zip64, encryption, several disks, other compression, and ranges outside of the file.
std::vector<ZipEntry> read_zip_directory(ByteStream& stream);

/// Calls `use` with a function that reads the content of an entry, all of which `use` must read. Throws FileError if
/// the content is not what the entry says.
void read_zip_entry(ByteStream& stream, const ZipEntry& entry, const std::function<void(const ReadBytes&)>& use);

struct ZipContent {
  std::string name;
  std::vector<std::span<const std::byte>> parts;
};

/// Writes an archive without compression by `write_atomically`. Throws FileError for what only zip64 can hold.
void write_zip(const std::filesystem::path& path, const std::vector<ZipContent>& contents);

}  // namespace gradus::inline GRADUS_PRECISION
