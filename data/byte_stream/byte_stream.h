#pragma once  // internal

#include <gradus/core/check.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct z_stream_s;  // zlib's z_stream

namespace gradus::inline GRADUS_PRECISION {

/// Sequential reader of a file or of memory. Content that begins like gzip (RFC 1952) is unpacked, whatever the name of
/// the file. Needs about 100 KiB of memory.
class ByteStream {
 public:
  enum class Unpack { gzip, nothing };

  /// Throws FileError unless `path` is a regular, readable file. Does not wait for pipes and devices.
  explicit ByteStream(const std::filesystem::path& path, Unpack unpack = Unpack::gzip);
  /// Reads from memory, which must outlive the stream. `name` takes the place of the path in error texts.
  ByteStream(std::string name, std::span<const std::uint8_t> bytes);

  const std::string& name() const { return name_; }
  bool gzip() const { return inflater_ != nullptr; }
  /// Bytes of the file when it was opened, before unpacking.
  std::size_t file_size() const { return file_size_; }

  /// Reads until `out` is full or the content ends. Returns the number of bytes read. Throws FileError if reading fails
  /// and for gzip data that are truncated, fail a checksum or have trailing bytes.
  std::size_t read(std::span<std::uint8_t> out);
  /// Reads up to `count` bytes and drops them. Returns their number. Throws as `read`.
  std::size_t skip(std::size_t count);
  /// Reading goes on at this offset. For files that are not unpacked.
  void seek(std::size_t offset);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct EndInflate {
    void operator()(z_stream_s* stream) const;
  };

  void recognize_gzip();
  bool refill();
  std::size_t copy_to(std::span<std::uint8_t> out);
  std::size_t inflate_to(std::span<std::uint8_t> out);

  std::string name_;
  std::size_t file_size_ = 0;
  std::unique_ptr<std::FILE, Close> file_;  // null when reading from memory
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> chunk_;               // read, not yet used
  std::size_t offset_ = 0;                            // of the chunk in the file
  std::unique_ptr<z_stream_s, EndInflate> inflater_;  // null unless gzip
  bool member_ended_ = false;                         // a gzip file is a sequence of members
};

}  // namespace gradus::inline GRADUS_PRECISION
