#include <gradus/data/mnist/idx.h>

#include <gradus/data/byte_stream/byte_stream.h>

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
constexpr std::size_t max_raw_size = 1024 * mebibyte;
constexpr std::size_t max_gzip_size = 256 * mebibyte;      // unpacked within a second, which limits decompression bombs
constexpr std::size_t max_unchecked_size = 48 * mebibyte;  // allocated from the header alone; MNIST needs 45

std::uint32_t big_endian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

/// Describes content without the right magic number, with a cure.
std::string diagnosis(std::span<const std::uint8_t> start) {
  std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (text.empty()) return "an empty file; download it again";
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), text.size()));
  if (text.starts_with('<')) return "an HTML or XML page; the download failed, repeat it";
  if (text.starts_with("version ")) return "a Git LFS pointer to the file; get it with 'git lfs pull'";
  if (text.starts_with("PK")) return "a zip archive; unpack it first";
  if (start.size() < 4) return fmt::format("the end of the file at offset {}; download it again", start.size());
  if (start[3] == 0 && start[2] == 0 && start[1] == 8) return "reversed bytes; convert the file to big-endian";
  if (start[0] != 0 || start[1] != 0) return fmt::format("{:#010x}; this is another format", big_endian(start));
  if (start[2] != 8) return fmt::format("the element type {:#04x} at offset 2; store unsigned bytes (0x08)", start[2]);
  if (start[3] == images.rank) return "images (3 dimensions at offset 3); were two files swapped?";
  if (start[3] == labels.rank) return "labels (1 dimension at offset 3); were two files swapped?";
  return fmt::format("{} dimensions at offset 3; images have 3, labels 1", start[3]);
}

/// `open` returns a stream at the beginning of the file.
template <class Open>
IdxArray read_idx(const Open& open, const Kind& kind) {
  ByteStream stream = open();
  const std::string& name = stream.name();
  std::array<std::uint8_t, 16> memory{};
  const auto header = std::span(memory).first(4 + 4 * kind.rank);
  const std::size_t bytes_read = stream.read(header);
  const std::uint32_t magic = 0x0800 | static_cast<std::uint32_t>(kind.rank);
  if (bytes_read < 4 || big_endian(header) != magic) {
    throw FileError(fmt::format("{}: expected an IDX file of {} (magic number {:#010x} at offset 0), got {}", name,
                                kind.name, magic, diagnosis(header.first(bytes_read))));
  }
  check<FileError>(bytes_read == header.size(),
                   "{}: expected a header of {} bytes, got the end of the file at offset {}; download it again", name,
                   header.size(), bytes_read);

  constexpr std::array<std::string_view, 3> fields{"count", "number of rows", "number of columns"};
  const std::size_t max_size = stream.gzip() ? max_gzip_size : max_raw_size;
  IdxArray array;
  std::size_t data_size = 1;  // according to the header
  for (std::size_t axis = 0; axis < kind.rank; ++axis) {
    const std::size_t offset = 4 + 4 * axis;
    const std::size_t size = big_endian(header.subspan(offset));
    data_size *= size;  // at most 2^30 * 2^32
    check<FileError>(data_size > 0, "{}: expected a {} of at least 1 at offset {}, got 0; the file is empty", name,
                     fields[axis], offset);
    check<FileError>(data_size <= max_size, "{}: expected at most {} MiB of {}, got a {} of {} at offset {}; {}", name,
                     max_size / mebibyte, kind.name, fields[axis], size, offset,
                     data_size <= max_raw_size ? "unpack the file with gunzip first" : "the header is damaged");
    array.sizes.push_back(static_cast<Index>(size));
  }

  const auto check_length = [&](std::size_t length) {
    check<FileError>(length >= data_size,
                     "{}: expected {} bytes of {} from offset {} on, got {}; the file is truncated, download it again",
                     name, data_size, kind.name, header.size(), length);
    check<FileError>(length == data_size,
                     "{}: expected the end of {} {} at offset {}, got trailing bytes; the file or its count is damaged",
                     name, array.sizes[0], kind.name, header.size() + data_size);
  };
  if (data_size > max_unchecked_size) {
    ByteStream second = open();
    check_length(second.skip(header.size() + data_size + 1) - header.size());
  }
  array.bytes.resize(data_size);
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
