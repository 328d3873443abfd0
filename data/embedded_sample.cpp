#include <gradus/data/embedded_sample.h>

#include <zlib.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The elements of an IDX file, which follow `header` bytes.
std::vector<std::uint8_t> unpack(std::string_view name, std::span<const std::uint8_t> gzip, std::size_t header) {
  std::size_t size = 0;
  for (const std::uint8_t byte : {gzip.end()[-1], gzip.end()[-2], gzip.end()[-3], gzip.end()[-4]}) {
    size = size << 8 | byte;
  }
  std::vector<std::uint8_t> bytes(size);
  z_stream stream{};
  stream.next_in = const_cast<Bytef*>(gzip.data());
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(size);
  constexpr int gzip_only = 16 + MAX_WBITS;
  inflateInit2(&stream, gzip_only);
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  check<FileError>(status == Z_STREAM_END, "{}: expected valid gzip data, got '{}'", name, zError(status));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return bytes;
}

}  // namespace

Dataset read_sample(std::string_view name, std::span<const std::uint8_t> images, std::span<const std::uint8_t> labels) {
  return {unpack(name, images, 16), unpack(name, labels, 8), {784}, 10};
}

}  // namespace gradus::inline GRADUS_PRECISION
