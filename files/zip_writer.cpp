#include <gradus/files/atomic_file.h>
#include <gradus/files/checksum.h>
#include <gradus/files/zip.h>
#include <gradus/files/zip_record.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Numbers of 2 bytes, and of 4 bytes.
std::string two(std::uint64_t value) { return {static_cast<char>(value & 255), static_cast<char>(value >> 8 & 255)}; }
std::string four(std::uint64_t value) { return two(value) + two(value >> 16); }

/// What the header of an entry and the directory have in common.
std::string description(const ZipContent& content, std::uint64_t size) {
  constexpr std::uint64_t version = 20, utf8 = 1 << 11, stored = 0, midnight = 0, first_of_1980 = 1 << 5 | 1;
  std::uint32_t crc = 0;
  for (const auto& part : content.parts) crc = checksum(part, crc);
  return two(version) + two(utf8) + two(stored) + two(midnight) + two(first_of_1980) + four(crc) + four(size) +
         four(size) + two(content.name.size()) + two(0);  // no extra field
}

}  // namespace

void write_zip(const std::filesystem::path& path, const std::vector<ZipContent>& contents) {
  std::vector<std::string> headers;
  std::string directory;
  std::uint64_t offset = 0;
  for (const ZipContent& content : contents) {
    std::uint64_t size = 0;
    for (const auto& part : content.parts) size += part.size();
    const std::string common = description(content, size);
    headers.push_back(std::string(zip_local_signature) + common + content.name);
    directory += std::string(zip_central_signature) + two(20) + common + two(0) + two(0) + two(0) + four(0) +
                 four(offset) + content.name;
    offset += headers.back().size() + size;
  }
  check<FileError>(
      contents.size() < zip64_count && offset + directory.size() < zip64_size,
      "{}: expected less than 65,535 tensors and 4 GiB for a zip archive, got {} of {} bytes; write several "
      "files, or safetensors",
      path.string(), contents.size(), offset + directory.size());
  const std::string count = two(contents.size());
  const std::string end =
      std::string(zip_end_signature) + four(0) + count + count + four(directory.size()) + four(offset) + two(0);
  std::vector<std::span<const std::byte>> parts;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    parts.push_back(std::as_bytes(std::span(headers[i])));
    parts.insert(parts.end(), contents[i].parts.begin(), contents[i].parts.end());
  }
  parts.push_back(std::as_bytes(std::span(directory)));
  parts.push_back(std::as_bytes(std::span(end)));
  write_atomically(path, parts);
}

}  // namespace gradus::inline GRADUS_PRECISION
