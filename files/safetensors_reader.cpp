#include <gradus/core/printable.h>
#include <gradus/data/byte_stream/byte_stream.h>
#include <gradus/files/checksum.h>
#include <gradus/files/element_type.h>
#include <gradus/files/out_of_memory.h>
#include <gradus/files/safetensors_header.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) {
  naming_file(path, [&] {
    stream_ = std::make_unique<ByteStream>(path, ByteStream::Unpack::nothing);
    std::string text = read_header();
    data_ = sizeof(std::uint64_t) + text.size();
    auto [entries, metadata] = parse_safetensors_header(this->path(), text, stream_->file_size() - data_);
    entries_ = std::move(entries);
    metadata_ = std::move(metadata);
    check_checksums(text);
    for (std::size_t i = 0; i < entries_.size(); ++i) by_name_.emplace(entries_[i].name, i);
  });
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;
SafetensorsFile::~SafetensorsFile() = default;

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

Tensor SafetensorsFile::read(const SafetensorsEntry& entry) {
  const ElementType* type = find_safetensors_type(entry.type);
  check<FileError>(type != nullptr, "{}: expected one of the types {} for {}, got {}; convert the tensor to F32",
                   path(), safetensors_types(), in_quotes(entry.name), in_quotes(entry.type));
  return naming_file(path(), [&] {
    Tensor value = Tensor::empty(entry.shape);
    std::uint32_t crc = 0;
    const auto read_part = [&](std::span<std::byte> out) {
      read_bytes(out);
      crc = checksum(out, crc);
    };
    stream_->seek(data_ + entry.begin);
    read_elements(*type, read_part, false, fmt::format("{}: in {}", path(), in_quotes(entry.name)), value);
    check<FileError>(entry.checksum.empty() || entry.checksum == hexadecimal(crc),
                     "{}: expected crc32 {} of the data of {} from offset {} on, got {}; the file is damaged, download "
                     "it again",
                     path(), entry.checksum, in_quotes(entry.name), data_ + entry.begin, hexadecimal(crc));
    return value;
  });
}

Tensor SafetensorsFile::read(std::string_view name) {
  const SafetensorsEntry* entry = find(name);
  check<FileError>(entry != nullptr, "{}: expected a tensor {}, got none", path(), in_quotes(name));
  return read(*entry);
}

const std::string& SafetensorsFile::path() const { return stream_->name(); }

void SafetensorsFile::read_bytes(std::span<std::byte> out) {
  const std::size_t count = stream_->read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  check<FileError>(count == out.size(), "{}: expected {} more bytes, got {}; is another program changing the file?",
                   path(), out.size(), count);
}

std::string SafetensorsFile::read_header() {
  std::uint64_t length = 0;
  const std::size_t size = stream_->file_size();
  check<FileError>(size > sizeof(length),
                   "{}: expected a safetensors file, got {} bytes, too few for a header; download it again", path(),
                   size);
  read_bytes(std::as_writable_bytes(std::span(&length, 1)));
  check<FileError>(
      length >= 2 && length <= max_header_size,
      "{}: expected a header of 2 to {} bytes, got a length of {} at offset 0; this is not a safetensors file "
      "(a failed download or a Git LFS pointer?)",
      path(), max_header_size, length);
  check<FileError>(length <= size - sizeof(length),
                   "{}: expected a header of {} bytes at offset 8, got {}; the file is truncated, download it again",
                   path(), length, size - sizeof(length));
  std::string text(length, ' ');
  read_bytes(std::as_writable_bytes(std::span(text)));
  return text;
}

std::string SafetensorsFile::stored(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string() : found->second;
}

void SafetensorsFile::check_checksums(const std::string& header) {
  const bool own = stored("format") == "gradus";
  const std::string version = stored("format_version");
  check<FileError>(!own || version == "1" || version == "2",
                   "{}: expected format_version 1 or 2 in the header at offset 8, got {}; the file is from a newer "
                   "gradus, update yours",
                   path(), in_quotes(version));
  // One of the entries is enough, so that damage to another one is found.
  if (metadata_.contains(checksums_key) || (own && version == "2")) {
    take_checksums();
  } else if (metadata_.contains("header_crc32") || own) {
    check_version_1(header);
  }
}

void SafetensorsFile::take_checksums() {
  constexpr std::size_t digits = 8;
  const std::string all = stored(checksums_key);
  const std::string rest = all.substr(std::min(digits, all.size()));
  const std::string expected = header_checksum(entries_, metadata_, rest);
  check<FileError>(all.starts_with(expected) && rest.size() == digits * entries_.size(),
                   "{}: expected {} of {} tensors that begin with {} in the header at offset 8, got {}; the file is "
                   "damaged or was rewritten by another program",
                   path(), checksums_key, entries_.size(), expected, in_quotes(all));
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].checksum = rest.substr(i * digits, digits);
  metadata_.erase(checksums_key);
}

/// The header begins with its own checksum, computed with zeros in its place; another one is that of all data.
void SafetensorsFile::check_version_1(std::string header) {
  constexpr std::string_view start = R"({"__metadata__":{"header_crc32":")";
  constexpr std::string_view zeros = "00000000";
  header.replace(std::min(start.size(), header.size()), zeros.size(), zeros);
  const std::string of_header = hexadecimal(checksum(std::as_bytes(std::span(header))));
  check<FileError>(stored("header_crc32") == of_header,
                   "{}: expected header_crc32 {} first in the header at offset 8, got {}; the file is damaged or was "
                   "rewritten by another program",
                   path(), of_header, in_quotes(stored("header_crc32")));
  std::uint32_t crc = 0;
  std::vector<std::byte> buffer(64 * 1024);
  for (std::size_t rest = stream_->file_size() - data_; rest > 0;) {
    const auto part = std::span(buffer).first(std::min(buffer.size(), rest));
    read_bytes(part);
    crc = checksum(part, crc);
    rest -= part.size();
  }
  check<FileError>(stored("crc32") == hexadecimal(crc),
                   "{}: expected crc32 {} of the data from offset {} on, got {} in the header; the file is damaged, "
                   "download it again",
                   path(), hexadecimal(crc), data_, in_quotes(stored("crc32")));
  for (const char* key : {"header_crc32", "crc32"}) metadata_.erase(key);
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  return naming_file(path, [&] {
    SafetensorsFile file(path);
    SafeTensors result{{}, file.metadata()};
    for (const SafetensorsEntry& entry : file.entries()) result.tensors.push_back({entry.name, file.read(entry)});
    return result;
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
