#include <gradus/data/idx.h>

#include <gradus/data/byte_stream.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

struct Kind {
  std::string_view name;
  std::size_t rank;
};
constexpr Kind images{"images", 3};
constexpr Kind labels{"labels", 1};

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t most_raw = 1024 * mebibyte;
constexpr std::size_t most_gzip = 256 * mebibyte;  // unpacked within a second, so that a bomb is soon known for one
constexpr std::size_t affordable = 48 * mebibyte;  // allocated on the header's word; MNIST needs 45

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// What a file is that does not start with the right magic number, and the cure.
std::string diagnosis(std::span<const std::uint8_t> start) {
  std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (text.empty()) return "an empty file; fetch it again";
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), text.size()));
  if (text.starts_with('<')) return "an HTML or XML page; the download failed, fetch it again";
  if (text.starts_with("version ")) return "a Git-LFS pointer to the file; get it with 'git lfs pull'";
  if (text.starts_with("PK")) return "a zip archive; unpack it first";
  if (start.size() < 4) return fmt::format("the end of the file at offset {}; fetch it again", start.size());
  if (start[3] == 0 && start[2] == 0 && start[1] == 8) return "it with reversed bytes; IDX is big-endian, convert it";
  if (start[0] != 0 || start[1] != 0) return fmt::format("{:#010x}; this is not an IDX file", big_endian(start));
  if (start[2] != 8) return fmt::format("the element type {:#04x} at offset 2; store unsigned bytes, 0x08", start[2]);
  if (start[3] == images.rank) return "images (3 dimensions at offset 3); were two files exchanged?";
  if (start[3] == labels.rank) return "labels (1 dimension at offset 3); were two files exchanged?";
  return fmt::format("{} dimensions at offset 3; images have 3, labels 1", start[3]);
}

/// `open` starts the file from its beginning.
template <class Open>
IdxArray read_idx(const Open& open, const Kind& kind) {
  ByteStream stream = open();
  const std::string& name = stream.name();
  std::array<std::uint8_t, 16> memory{};
  const auto header = std::span(memory).first(4 + 4 * kind.rank);
  const std::size_t present = stream.read(header);
  const std::uint32_t magic = 0x0800 | static_cast<std::uint32_t>(kind.rank);
  if (present < 4 || big_endian(header) != magic) {
    throw FileError(fmt::format("{}: expected an IDX file of {} (magic number {:#010x} at offset 0), got {}", name,
                                kind.name, magic, diagnosis(header.first(present))));
  }
  check<FileError>(present == header.size(),
                   "{}: expected a header of {} bytes, got the end of the file at offset {}; fetch it again", name,
                   header.size(), present);

  constexpr std::array<std::string_view, 3> fields{"count", "number of rows", "number of columns"};
  const std::size_t most = stream.gzip() ? most_gzip : most_raw;
  IdxArray array;
  std::size_t promised = 1;
  for (std::size_t axis = 0; axis < kind.rank; ++axis) {
    const std::size_t offset = 4 + 4 * axis;
    const std::size_t size = big_endian(header.subspan(offset));
    promised *= size;  // at most 2^30 * 2^32
    check<FileError>(promised > 0, "{}: expected a {} of at least 1 at offset {}, got 0; the file holds nothing", name,
                     fields[axis], offset);
    check<FileError>(promised <= most, "{}: expected at most {} MiB of {}, got a {} of {} at offset {}; {}", name,
                     most / mebibyte, kind.name, fields[axis], size, offset,
                     promised <= most_raw ? "unpack the file with gunzip first" : "the header is damaged");
    array.sizes.push_back(static_cast<Index>(size));
  }

  const auto check_length = [&](std::size_t length) {
    check<FileError>(length >= promised,
                     "{}: expected {} bytes of {} from offset {} on, got {}; the file is truncated, fetch it again",
                     name, promised, kind.name, header.size(), length);
    check<FileError>(length == promised,
                     "{}: expected the end of {} {} at offset {}, got trailing bytes; the file or its count is damaged",
                     name, array.sizes[0], kind.name, header.size() + promised);
  };
  if (promised > affordable) {
    ByteStream rehearsal = open();
    check_length(rehearsal.skip(header.size() + promised + 1) - header.size());
  }
  array.bytes.resize(promised);
  const std::size_t length = stream.read(array.bytes);
  check_length(length + stream.skip(1));
  return array;
}

}  // namespace

IdxArray read_idx_images(const std::filesystem::path& path) {
  return read_idx([&] { return ByteStream(path); }, images);
}

IdxArray read_idx_labels(const std::filesystem::path& path) {
  return read_idx([&] { return ByteStream(path); }, labels);
}

IdxArray read_idx_images(const std::string& name, std::span<const std::uint8_t> file) {
  return read_idx([&] { return ByteStream(name, file); }, images);
}

IdxArray read_idx_labels(const std::string& name, std::span<const std::uint8_t> file) {
  return read_idx([&] { return ByteStream(name, file); }, labels);
}

}  // namespace gradus::inline GRADUS_PRECISION
