#include <gradus/core/printable.h>
#include <gradus/data/byte_stream/byte_stream.h>
#include <gradus/files/checksum.h>
#include <gradus/files/zip.h>
#include <gradus/files/zip_record.h>

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::string read_text(ByteStream& stream, std::size_t offset, std::size_t size) {
  stream.seek(offset);
  std::string text(size, '\0');
  const std::size_t count = stream.read({reinterpret_cast<std::uint8_t*>(text.data()), size});
  check<FileError>(count == size,
                   "{}: expected {} bytes at offset {}, got {}; the file is truncated, download it again",
                   stream.name(), size, offset, count);
  return text;
}

std::size_t number(std::string_view record, std::size_t offset, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(record[offset + i]);
  return value;
}

struct Directory {
  std::size_t count, offset, size;
};

/// From the record at the end of the file, behind which is only a comment.
Directory find_directory(ByteStream& stream) {
  const std::size_t size = stream.file_size();
  const std::size_t tail_size = std::min(size, zip_end_size + 0xFFFF);
  const std::string tail = read_text(stream, size - tail_size, tail_size);
  std::size_t at = tail.rfind(zip_end_signature);
  while (at != tail.npos &&
         (at + zip_end_size > tail.size() || at + zip_end_size + number(tail, at + 20, 2) != tail.size())) {
    at = at == 0 ? tail.npos : tail.rfind(zip_end_signature, at - 1);
  }
  check<FileError>(at != tail.npos,
                   "{}: expected a zip archive with its directory at the end, got none; the file is truncated or of "
                   "another kind",
                   stream.name());
  const std::string_view record = std::string_view(tail).substr(at);
  const Directory found{number(record, 10, 2), number(record, 16, 4), number(record, 12, 4)};
  check<FileError>(found.count < zip64_count && found.offset < zip64_size && found.size < zip64_size,
                   "{}: expected a zip archive of less than 4 GiB and 65,535 entries, got one of zip64; write several "
                   "files",
                   stream.name());
  const bool one_disk = number(record, 4, 4) == 0 && number(record, 8, 2) == found.count;
  check<FileError>(one_disk && found.offset + found.size == size - tail_size + at,
                   "{}: expected the directory of the zip archive right before its end, got {} bytes at offset {}; the "
                   "file is damaged, download it again",
                   stream.name(), found.size, found.offset);
  return found;
}

/// Reads an entry of the directory and removes it from the text.
ZipEntry take_entry(const std::string& file, std::string_view& text) {
  const std::size_t fixed = std::min(zip_central_size, text.size());
  const bool whole = text.starts_with(zip_central_signature) && fixed == zip_central_size;
  const std::size_t name_size = whole ? number(text, 28, 2) : 0;
  const std::size_t size = fixed + name_size + (whole ? number(text, 30, 2) + number(text, 32, 2) : 0);
  check<FileError>(whole && size <= text.size(),
                   "{}: expected an entry of the directory {} bytes before its end, got other bytes; the file is "
                   "damaged, download it again",
                   file, text.size());
  const std::size_t method = number(text, 10, 2);
  ZipEntry entry{std::string(text.substr(fixed, name_size)),
                 method == 8,
                 static_cast<std::uint32_t>(number(text, 16, 4)),
                 number(text, 20, 4),
                 number(text, 24, 4),
                 number(text, 42, 4)};
  const std::string name = printable(entry.name, 64);
  check<FileError>(entry.stored_size < zip64_size && entry.size < zip64_size && entry.offset < zip64_size,
                   "{}: expected '{}' of less than 4 GiB, got an entry of zip64; write several files", file, name);
  check<FileError>((number(text, 8, 2) & 1) == 0, "{}: expected '{}' without encryption, got it encrypted", file, name);
  check<FileError>(method == 0 || method == 8,
                   "{}: expected '{}' stored or deflated, got compression {}; write it with numpy.savez", file, name,
                   method);
  check<FileError>(method == 8 || entry.stored_size == entry.size,
                   "{}: expected {} bytes of '{}', which is not compressed, got {}", file, entry.size, name,
                   entry.stored_size);
  text.remove_prefix(size);
  return entry;
}

/// Entries that share bytes would make a small file large.
void check_overlaps(const std::string& file, const std::vector<ZipEntry>& entries, std::size_t directory) {
  std::vector<const ZipEntry*> sorted;
  for (const ZipEntry& entry : entries) sorted.push_back(&entry);
  std::ranges::sort(sorted, {}, &ZipEntry::offset);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const ZipEntry& entry = *sorted[i];
    const std::size_t next = i + 1 < sorted.size() ? sorted[i + 1]->offset : directory;
    const std::size_t end = entry.offset + zip_local_size + entry.name.size() + entry.stored_size;
    check<FileError>(end <= next, "{}: expected '{}' to end before offset {}, got {}; the file is damaged", file,
                     printable(entry.name, 64), next, end);
  }
}

/// The content of an entry, unpacked, with its checksum.
class ZipContentReader {
 public:
  ZipContentReader(ByteStream& stream, const ZipEntry& entry) : stream_(stream), entry_(entry) {
    if (entry.deflated && inflateInit2(&inflater_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~ZipContentReader() {
    if (entry_.deflated) inflateEnd(&inflater_);
  }
  ZipContentReader(const ZipContentReader&) = delete;
  ZipContentReader& operator=(const ZipContentReader&) = delete;

  void read(std::span<std::byte> out) {
    const std::size_t count = entry_.deflated ? inflate_to(out) : take(out);
    if (count != out.size()) fail(fmt::format("{} more bytes", out.size()), fmt::to_string(count));
    done_ += count;
    crc_ = checksum(out, crc_);
  }

  void finish() {
    std::byte more{};
    if (done_ != entry_.size) fail(fmt::format("{} bytes", done_), fmt::to_string(entry_.size));
    if (entry_.deflated && inflate_to(std::span(&more, 1)) != 0) fail(fmt::format("{} bytes", done_), "more");
    if (crc_ != entry_.crc) fail("the checksum " + hexadecimal(entry_.crc), hexadecimal(crc_));
  }

 private:
  /// The next stored bytes.
  std::size_t take(std::span<std::byte> out) {
    const auto part = out.first(std::min(out.size(), entry_.stored_size - taken_));
    const std::size_t count = stream_.read({reinterpret_cast<std::uint8_t*>(part.data()), part.size()});
    taken_ += count;
    return count;
  }

  std::size_t inflate_to(std::span<std::byte> out) {
    inflater_.next_out = reinterpret_cast<Bytef*>(out.data());
    inflater_.avail_out = static_cast<uInt>(out.size());
    while (inflater_.avail_out > 0 && !ended_) {
      if (inflater_.avail_in == 0) {
        inflater_.avail_in = static_cast<uInt>(take(buffer_));
        inflater_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
      }
      const int status = inflate(&inflater_, Z_NO_FLUSH);
      ended_ = status == Z_STREAM_END;
      if (status != Z_OK && !ended_) fail("deflated data", inflater_.msg != nullptr ? inflater_.msg : zError(status));
    }
    return out.size() - inflater_.avail_out;
  }

  [[noreturn]] void fail(std::string_view expected, std::string_view got) const {
    throw FileError(fmt::format("{}: expected {} in '{}', got {}; the file is damaged, download it again",
                                stream_.name(), expected, printable(entry_.name, 64), got));
  }

  ByteStream& stream_;
  const ZipEntry& entry_;
  z_stream inflater_{};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(16 * 1024);
  bool ended_ = false;
  std::size_t taken_ = 0;  // of the stored bytes
  std::size_t done_ = 0;   // of the content
  std::uint32_t crc_ = 0;
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(ByteStream& stream) {
  const Directory directory = find_directory(stream);
  const std::string text = read_text(stream, directory.offset, directory.size);
  std::vector<ZipEntry> entries;
  std::string_view rest = text;
  for (std::size_t i = 0; i < directory.count; ++i) entries.push_back(take_entry(stream.name(), rest));
  check<FileError>(rest.empty(), "{}: expected {} entries in the directory, got more; the file is damaged",
                   stream.name(), directory.count);
  check_overlaps(stream.name(), entries, directory.offset);
  return entries;
}

void read_zip_entry(ByteStream& stream, const ZipEntry& entry, const std::function<void(const ReadBytes&)>& use) {
  const std::string header = read_text(stream, entry.offset, zip_local_size + entry.name.size());
  check<FileError>(header.starts_with(zip_local_signature) && number(header, 26, 2) == entry.name.size() &&
                       header.ends_with(entry.name),
                   "{}: expected '{}' at offset {}, got other bytes; the file is damaged, download it again",
                   stream.name(), printable(entry.name, 64), entry.offset);
  stream.seek(entry.offset + header.size() + number(header, 28, 2));
  ZipContentReader reader(stream, entry);
  use([&](std::span<std::byte> out) { reader.read(out); });
  reader.finish();
}

}  // namespace gradus::inline GRADUS_PRECISION
