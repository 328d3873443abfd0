#pragma once  // internal

#include <gradus/core/check.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The bytes of a file or of memory, from the first to the last. What begins like gzip (RFC 1952) is unpacked on the
/// way, whatever its name. Needs about 100 KiB of memory.
class ByteStream {
 public:
  /// Throws FileError unless `path` is a regular file that may be read. Never waits for a pipe or a device.
  explicit ByteStream(const std::filesystem::path& path) : name_(path.string()), buffer_(64 * 1024) {
    // Asked before opening: opening a pipe waits for its writer, and opening a device may move a tape.
    std::error_code error;
    const auto type = std::filesystem::status(path, error).type();
    const std::string found = type == std::filesystem::file_type::directory ? "a folder"
                              : error                                       ? "'" + error.message() + "'"
                                                                            : "a pipe or a device";
    check<FileError>(type == std::filesystem::file_type::regular, "{}: expected a file, got {}; check the path", name_,
                     found);
    file_.reset(std::fopen(path.c_str(), "rb"));
    check<FileError>(file_ != nullptr, "{}: expected a file that may be read, got '{}'; check its permissions", name_,
                     std::generic_category().message(errno));
    recognize_gzip();
  }

  /// `name` stands for the path in error texts. The bytes must outlive the stream.
  ByteStream(std::string name, std::span<const std::uint8_t> bytes) : name_(std::move(name)), chunk_(bytes) {
    recognize_gzip();
  }

  const std::string& name() const { return name_; }
  bool gzip() const { return inflater_ != nullptr; }

  /// Reads until `out` is full or the end is reached; the number of bytes read. Throws FileError if the system cannot
  /// read on, and for gzip that is truncated, fails its checksum or is followed by something else.
  std::size_t read(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size() && refill()) done += gzip() ? inflate_to(out.subspan(done)) : copy_to(out.subspan(done));
    check<FileError>(
        done == out.size() || !gzip() || member_ended_,
        "{}: expected more gzip data at offset {}, got the end of the file; it is truncated, fetch it again", name_,
        offset_);
    return done;
  }

  /// Like `read`, of at most `limit` bytes that nobody wants.
  std::size_t skip(std::size_t limit) {
    std::array<std::uint8_t, 16 * 1024> unwanted;
    std::size_t done = 0;
    for (std::size_t count = 1; count > 0; done += count) {
      count = read(std::span(unwanted).first(std::min(unwanted.size(), limit - done)));
    }
    return done;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct EndInflate {
    void operator()(z_stream* stream) const {
      inflateEnd(stream);
      delete stream;
    }
  };

  void recognize_gzip() {
    if (!refill() || chunk_.size() < 2 || chunk_[0] != 0x1f || chunk_[1] != 0x8b) return;
    inflater_.reset(new z_stream{});
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(inflater_.get(), gzip_only) != Z_OK) throw std::bad_alloc();
  }

  bool refill() {
    if (chunk_.empty() && file_ != nullptr) {
      const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
      check<FileError>(std::ferror(file_.get()) == 0, "{}: expected to read on at offset {}, got '{}'; check the disk",
                       name_, offset_, std::generic_category().message(errno));
      chunk_ = std::span(buffer_).first(count);
    }
    return !chunk_.empty();
  }

  std::size_t copy_to(std::span<std::uint8_t> out) {
    const std::size_t count = std::min(chunk_.size(), out.size());
    std::copy_n(chunk_.begin(), count, out.begin());
    chunk_ = chunk_.subspan(count);
    offset_ += count;
    return count;
  }

  std::size_t inflate_to(std::span<std::uint8_t> out) {
    if (member_ended_) {
      check<FileError>(chunk_[0] == 0x1f,
                       "{}: expected the end of the gzip file at offset {}, got more; fetch it again", name_, offset_);
      inflateReset(inflater_.get());
    }
    constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in unsigned int
    const auto given = static_cast<uInt>(std::min(chunk_.size(), most));
    const auto room = static_cast<uInt>(std::min(out.size(), most));
    inflater_->next_in = const_cast<Bytef*>(chunk_.data());
    inflater_->avail_in = given;
    inflater_->next_out = out.data();
    inflater_->avail_out = room;
    const int status = inflate(inflater_.get(), Z_NO_FLUSH);
    chunk_ = chunk_.subspan(given - inflater_->avail_in);
    offset_ += given - inflater_->avail_in;
    check<FileError>(status == Z_OK || status == Z_STREAM_END,
                     "{}: expected sound gzip data, got '{}' at offset {}; fetch the file again", name_,
                     inflater_->msg ? inflater_->msg : zError(status), offset_);
    member_ended_ = status == Z_STREAM_END;
    return room - inflater_->avail_out;
  }

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;  // none when reading from memory
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> chunk_;             // fetched and not yet used
  std::size_t offset_ = 0;                          // of the chunk, in the file
  std::unique_ptr<z_stream, EndInflate> inflater_;  // none when raw
  bool member_ended_ = false;                       // a gzip file is one member or several, one after the other
};

}  // namespace gradus::inline GRADUS_PRECISION
