// Files that are unpacked while they are read: the input as it is, and packed, with an edit of a byte of the packed
// file. The first five bytes of the input say where and how, and how much is read at once.
#include "target.h"

#include <gradus/data/byte_stream/byte_stream.h>

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace {

std::vector<std::uint8_t> packed(Bytes bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK, "no memory for zlib");
  std::vector<std::uint8_t> result(deflateBound(&stream, bytes.size()) + 32);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = result.data();
  stream.avail_out = static_cast<uInt>(result.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "data that cannot be packed");
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

/// Reads in parts of a size, up to 8 MiB.
std::vector<std::uint8_t> unpacked(gradus::ByteStream stream, std::size_t part_size) {
  std::vector<std::uint8_t> result;
  std::vector<std::uint8_t> part(part_size);
  while (result.size() < std::size_t{8} << 20) {
    const std::size_t count = stream.read(part);
    result.insert(result.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
    if (count < part_size) break;
  }
  return result;
}

}  // namespace

void fuzz(Bytes bytes) {
  accepted([&] { unpacked({"fuzz", bytes}, 1000); });
  if (bytes.size() < 5) return;
  const std::size_t position = bytes[0] * std::size_t{256} + bytes[1];
  const std::size_t part_size = bytes[3] * std::size_t{256} + bytes[4] + 1;
  const Bytes content = bytes.subspan(5);
  std::vector<std::uint8_t> file = packed(content);
  const std::uint8_t change = bytes[2];
  file[position % file.size()] ^= change;
  std::vector<std::uint8_t> got;
  const bool whole = accepted([&] { got = unpacked({"fuzz", file}, part_size); });
  require(change != 0 || (whole && std::ranges::equal(got, content)), "a gzip file that is not read as it was written");
}

void make_seeds() {
  using namespace std::string_view_literals;
  seed(
      "\0\0\0\0\x07"
      "some text, and some text again, and again"sv);
  seed("\0\x0c\x01\x01\0"sv);
  const std::string content(300, 'x');
  const std::vector<std::uint8_t> file =
      packed({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
  seed({reinterpret_cast<const char*>(file.data()), file.size()});
}
