#include <gradus/data/byte_stream/byte_stream.h>

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

ByteStream::ByteStream(const std::filesystem::path& path, Unpack unpack) : name_(path.string()), buffer_(64 * 1024) {
  // Before opening: opening a pipe waits for its writer, and opening a device may have effects.
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  const std::string found = type == std::filesystem::file_type::directory ? "a folder"
                            : error                                       ? "'" + error.message() + "'"
                                                                          : "a pipe or a device";
  check<FileError>(type == std::filesystem::file_type::regular, "{}: expected a file, got {}; check the path", name_,
                   found);
  file_.reset(std::fopen(path.c_str(), "rb"));
  check<FileError>(file_ != nullptr, "{}: expected a readable file, got '{}'; check its permissions", name_,
                   std::generic_category().message(errno));
  struct stat opened {};                                        // not by the path, which may name another file by now
  const bool known = fstat(fileno(file_.get()), &opened) == 0;  // before errno is read
  check<FileError>(known, "{}: expected a file, got '{}'; check the path", name_,
                   std::generic_category().message(errno));
  file_size_ = static_cast<std::size_t>(opened.st_size);
  if (unpack == Unpack::gzip) recognize_gzip();
}

ByteStream::ByteStream(std::string name, std::span<const std::uint8_t> bytes)
    : name_(std::move(name)), file_size_(bytes.size()), chunk_(bytes) {
  recognize_gzip();
}

std::size_t ByteStream::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && refill()) done += gzip() ? inflate_to(out.subspan(done)) : copy_to(out.subspan(done));
  check<FileError>(
      done == out.size() || !gzip() || member_ended_,
      "{}: expected more gzip data at offset {}, got the end of the file; it is truncated, download it again", name_,
      offset_);
  return done;
}

std::size_t ByteStream::skip(std::size_t count) {
  std::array<std::uint8_t, 16 * 1024> dropped;
  std::size_t done = 0;
  for (std::size_t part = 1; part > 0; done += part) {
    part = read(std::span(dropped).first(std::min(dropped.size(), count - done)));
  }
  return done;
}

void ByteStream::seek(std::size_t offset) {
  if (offset >= offset_ && offset - offset_ <= chunk_.size()) {
    chunk_ = chunk_.subspan(offset - offset_);
  } else {
    const bool sought = ::fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) == 0;
    check<FileError>(sought, "{}: expected to read at offset {}, got '{}'; check the disk", name_, offset,
                     std::generic_category().message(errno));
    chunk_ = {};
  }
  offset_ = offset;
}

void ByteStream::EndInflate::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

void ByteStream::recognize_gzip() {
  if (!refill() || chunk_.size() < 2 || chunk_[0] != 0x1f || chunk_[1] != 0x8b) return;
  inflater_.reset(new z_stream{});
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(inflater_.get(), gzip_only) != Z_OK) throw std::bad_alloc();
}

/// Reads the next chunk if the last one is used up. Returns whether there is one.
bool ByteStream::refill() {
  if (chunk_.empty() && file_ != nullptr) {
    const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
    check<FileError>(std::ferror(file_.get()) == 0, "{}: expected to read at offset {}, got '{}'; check the disk",
                     name_, offset_, std::generic_category().message(errno));
    chunk_ = std::span(buffer_).first(count);
  }
  return !chunk_.empty();
}

std::size_t ByteStream::copy_to(std::span<std::uint8_t> out) {
  const std::size_t count = std::min(chunk_.size(), out.size());
  std::copy_n(chunk_.begin(), count, out.begin());
  chunk_ = chunk_.subspan(count);
  offset_ += count;
  return count;
}

std::size_t ByteStream::inflate_to(std::span<std::uint8_t> out) {
  if (member_ended_) {
    check<FileError>(chunk_[0] == 0x1f,
                     "{}: expected the end of the gzip file at offset {}, got more; download it again", name_, offset_);
    inflateReset(inflater_.get());
  }
  constexpr std::size_t max_part = std::size_t{1} << 30;  // zlib counts in unsigned int
  const auto in_size = static_cast<uInt>(std::min(chunk_.size(), max_part));
  const auto out_size = static_cast<uInt>(std::min(out.size(), max_part));
  inflater_->next_in = const_cast<Bytef*>(chunk_.data());
  inflater_->avail_in = in_size;
  inflater_->next_out = out.data();
  inflater_->avail_out = out_size;
  const int status = inflate(inflater_.get(), Z_NO_FLUSH);
  chunk_ = chunk_.subspan(in_size - inflater_->avail_in);
  offset_ += in_size - inflater_->avail_in;
  check<FileError>(status == Z_OK || status == Z_STREAM_END,
                   "{}: expected valid gzip data, got '{}' at offset {}; download the file again", name_,
                   inflater_->msg ? inflater_->msg : zError(status), offset_);
  member_ended_ = status == Z_STREAM_END;
  return out_size - inflater_->avail_out;
}

}  // namespace gradus::inline GRADUS_PRECISION
