#include <gradus/files/safetensors.h>

#include <gradus/data/byte_stream/byte_stream.h>
#include <gradus/files/atomic_file.h>

#include <fmt/ranges.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <streambuf>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are stored little-endian");

using nlohmann::json;

constexpr std::size_t max_names = 100'000;
constexpr std::size_t max_header_size = 8 * 1024 * 1024;  // bytes; the parser may need eight times as many
constexpr std::size_t max_name_size = 1024;
constexpr std::string_view name_rule = "names of 1 to 1024 bytes without control characters or '../'";
constexpr std::string_view type_name = sizeof(Real) == sizeof(float) ? "F32" : "F64";
constexpr std::string_view metadata_name = "__metadata__";
constexpr std::string_view format_version = "1";
/// The header begins with its own checksum, so that the writer and the reader find it at the same offset.
constexpr std::string_view header_start = R"({"__metadata__":{"header_crc32":")";
constexpr std::string_view no_checksum = "00000000";

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string hexadecimal(std::uint32_t checksum) { return fmt::format("{:08x}", checksum); }

std::string header_checksum(std::string text) {
  text.replace(std::min(header_start.size(), text.size()), no_checksum.size(), no_checksum);
  return hexadecimal(checksum(std::as_bytes(std::span(text))));
}

/// The first 64 bytes of a name for an error text: in quotes, with escapes for all but printable ASCII.
std::string printable(std::string_view name) {
  return json(name.substr(0, 64)).dump(-1, ' ', true, json::error_handler_t::replace) + (name.size() > 64 ? "..." : "");
}

bool valid_name(std::string_view name) {
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  // Some programs use the names as file names.
  const bool leaves_folder = name == ".." || name.find("../") != name.npos || name.ends_with("/..");
  return !name.empty() && name.size() <= max_name_size && !leaves_folder && std::ranges::none_of(name, control);
}

/// A stream over the header that tells how far the parser has read.
class HeaderText : public std::streambuf {
 public:
  explicit HeaderText(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
  std::size_t offset() const { return sizeof(std::uint64_t) + static_cast<std::size_t>(gptr() - eback()); }
};

struct Entry {
  std::string name;
  std::size_t item_size;
  Shape shape;
};

/// Handles the events of nlohmann's parser and throws at the first invalid one, so that the memory needed does not
/// depend on depths, numbers and lengths in the file.
class HeaderParser {
 public:
  HeaderParser(const std::string& file, std::string& text, std::size_t data_size)
      : file_(file), text_(text), data_size_(data_size) {
    std::istream stream(&text_);
    json::sax_parse(stream, this);
    // The parser stops at a NUL byte.
    if (text.find('\0') != text.npos) fail("JSON in UTF-8, got a NUL byte");
    if (data_end_ != data_size) fail("the tensors to cover {} bytes of data, got {}", data_size, data_end_);
  }

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  // The events of json::sax_parse.

  bool null() { fail_value("null"); }
  bool boolean(bool value) { fail_value(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { fail_value(fmt::to_string(value)); }
  bool number_float(double, const std::string& digits) { fail_value(digits.substr(0, 32)); }
  bool binary(json::binary_t&) { fail_value("bytes"); }

  bool number_unsigned(std::uint64_t value) {
    if (next_ != Value::number) fail_value(fmt::to_string(value));
    auto& list = field_ == "shape" ? sizes_ : offsets_;
    if (list.size() == Shape::max_rank) fail("at most {} numbers as {}, got more", int{Shape::max_rank}, context());
    list.push_back(value);
    return true;
  }

  bool string(std::string& value) {
    if (next_ != Value::string) fail_value(printable(value));
    if (name_ == metadata_name) {
      metadata[field_] = std::move(value);
    } else {
      item_size_ = value == "F32" ? sizeof(float) : value == "F64" ? sizeof(double) : 0;
      if (item_size_ == 0)
        fail("\"F32\" or \"F64\" as {}, got {}; convert the tensor to F32", context(), printable(value));
    }
    return true;
  }

  bool start_object(std::size_t) {
    if (next_ != Value::object) fail_value("an object");
    inside_ = !name_.empty();
    return true;
  }

  bool start_array(std::size_t) {
    if (next_ != Value::array) fail_value("an array");
    next_ = Value::number;
    return true;
  }
  bool end_array() { return true; }

  bool key(std::string& text) {
    if (names_.size() + metadata.size() > max_names) fail("at most {} names, got more; split the file", max_names);
    if (inside_) {
      if (!fields_.insert(text).second) fail("every entry of {} once, got {} twice", printable(name_), printable(text));
      const bool list = name_ != metadata_name && (text == "shape" || text == "data_offsets");
      if (name_ != metadata_name && text != "dtype" && !list)
        fail("{} in {}, got {}", known, printable(name_), printable(text));
      next_ = list ? Value::array : Value::string;
      field_ = text;
    } else {
      if (!valid_name(text)) fail("{}, got {}", name_rule, printable(text));
      if (!names_.insert(text).second) fail("every name once, got {} twice", printable(text));
      next_ = Value::object;
      name_ = text;
      field_.clear();
    }
    return true;
  }

  bool end_object() {
    if (inside_ && name_ != metadata_name) add_tensor();
    inside_ = false;
    fields_.clear();
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const json::exception&) {
    fail("JSON in UTF-8, got something else");
  }

 private:
  enum class Value { object, string, array, number };
  static constexpr std::string_view known = R"("dtype", "shape" and "data_offsets")";

  void add_tensor() {
    if (fields_.size() != 3) fail("{} in {}, got {} of the three", known, printable(name_), fields_.size());
    // A size of 0 is skipped: the product of the others must not overflow either.
    std::uint64_t room = std::numeric_limits<Index>::max() / 2 / item_size_;
    Shape shape;
    for (const std::uint64_t size : sizes_) {
      if (size > room) fail("a shape of {} that fits into memory, got [{}]", printable(name_), fmt::join(sizes_, ", "));
      if (size > 0) room /= size;
      shape = shape.append(static_cast<Index>(size));
    }
    const std::size_t end = data_end_ + static_cast<std::size_t>(shape.size()) * item_size_;
    if (offsets_ != std::vector<std::uint64_t>{data_end_, end}) {
      fail("data_offsets [{}, {}] of {}, from its shape and type and the end of the previous tensor, got [{}]",
           data_end_, end, printable(name_), fmt::join(offsets_, ", "));
    }
    if (end > data_size_) {
      fail("at least {} bytes of data for {}, got {}; the file is truncated, download it again", end, printable(name_),
           data_size_);
    }
    entries.push_back({name_, item_size_, shape});
    data_end_ = end;
    sizes_.clear();
    offsets_.clear();
  }

  std::string context() const {
    if (name_.empty()) return "the header";
    return field_.empty() ? printable(name_) : fmt::format("{} of {}", printable(field_), printable(name_));
  }

  [[noreturn]] void fail_value(std::string_view got) const {
    constexpr std::array<std::string_view, 4> names{"an object", "a string", "an array", "non-negative integers"};
    fail("{} as {}, got {}", names[static_cast<std::size_t>(next_)], context(), got);
  }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) const {
    throw FileError(fmt::format("{}: in the header before offset {}, expected {}", file_, text_.offset(),
                                fmt::format(text, std::forward<Args>(args)...)));
  }

  const std::string& file_;
  HeaderText text_;
  std::size_t data_size_;
  std::size_t data_end_ = 0;  // end of the last tensor

  Value next_ = Value::object;  // expected type of the next value
  bool inside_ = false;         // inside an entry of the header, with this name and field
  std::string name_;
  std::string field_;
  std::unordered_set<std::string> names_;
  std::set<std::string> fields_;

  std::size_t item_size_ = 0;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::uint64_t> offsets_;
};

/// The file from the first byte to the last, with a checksum of the bytes read.
class TensorFile {
 public:
  explicit TensorFile(const std::filesystem::path& path) : stream_(path, ByteStream::Unpack::nothing) {}

  const std::string& name() const { return stream_.name(); }
  std::size_t size() const { return stream_.file_size(); }

  void read(std::span<std::byte> out) {
    const std::size_t count = stream_.read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    check<FileError>(count == out.size(),
                     "{}: expected {} bytes at offset {}, got {}; is another program changing the file?", name(),
                     out.size(), offset, count);
    offset += count;
    crc = checksum(out, crc);
  }

  template <class Stored>
  void read_as(std::span<Real> out) {
    std::array<Stored, 8192> buffer;
    while (!out.empty()) {
      const auto part = std::span(buffer).first(std::min(buffer.size(), out.size()));
      read(std::as_writable_bytes(part));
      std::copy(part.begin(), part.end(), out.begin());
      out = out.subspan(part.size());
    }
  }

  std::size_t offset = 0;
  std::uint32_t crc = 0;  // of the bytes read since it was set to 0

 private:
  ByteStream stream_;
};

std::string read_header(TensorFile& file) {
  std::uint64_t length = 0;
  check<FileError>(file.size() > sizeof(length),
                   "{}: expected a safetensors file, got {} bytes, too few for a header; download it again",
                   file.name(), file.size());
  file.read(std::as_writable_bytes(std::span(&length, 1)));
  check<FileError>(
      length >= 2 && length <= max_header_size,
      "{}: expected a header of 2 to {} bytes, got a length of {} at offset 0; this is not a safetensors file "
      "(a failed download or a Git LFS pointer?)",
      file.name(), max_header_size, length);
  check<FileError>(length <= file.size() - sizeof(length),
                   "{}: expected a header of {} bytes at offset 8, got {}; the file is truncated, download it again",
                   file.name(), length, file.size() - sizeof(length));
  std::string text(length, ' ');
  file.read(std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const SafeTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string file = path.string();
  std::unordered_set<std::string_view> names;
  std::vector<std::span<const std::byte>> parts(1);
  std::uint32_t crc = 0;
  for (const auto& [name, value] : tensors) {
    if (!valid_name(name) || name == metadata_name || !names.insert(name).second) {
      throw FileError(fmt::format("{}: expected unique {}, other than '{}', got {}; rename the tensor", file, name_rule,
                                  metadata_name, printable(name)));
    }
    if (!value.defined()) throw FileError(fmt::format("{}: expected a tensor as {}, got none", file, printable(name)));
    parts.push_back(std::as_bytes(value.values()));
    crc = checksum(parts.back(), crc);
  }

  std::map<std::string, std::string> entries = metadata;
  entries["format"] = "gradus";
  entries["format_version"] = format_version;
  entries["crc32"] = hexadecimal(crc);
  entries.erase("header_crc32");
  const std::size_t count = tensors.size() + entries.size() + 2;  // with header_crc32 and __metadata__
  check<FileError>(count <= max_names, "{}: expected at most {} names, got {}; write several files", file, max_names,
                   count);

  std::string header;
  try {
    header = fmt::format("{}{}\"", header_start, no_checksum);
    for (const auto& [key, value] : entries) header += fmt::format(",{}:{}", json(key).dump(), json(value).dump());
    header += '}';
    std::size_t end = 0;
    for (const auto& [name, value] : tensors) {
      const std::size_t begin = std::exchange(end, end + std::as_bytes(value.values()).size());
      header += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json(name).dump(), type_name,
                            fmt::join(value.shape(), ","), begin, end);
    }
    header += '}';
  } catch (const json::type_error& error) {
    throw FileError(fmt::format("{}: expected names and metadata in UTF-8, got '{}'", file, error.what()));
  }
  constexpr std::size_t alignment = 64;  // of the data, for memory-mapped files
  const std::size_t unaligned = (sizeof(std::uint64_t) + header.size()) % alignment;
  header.append((alignment - unaligned) % alignment, ' ');
  check<FileError>(header.size() <= max_header_size,
                   "{}: expected a header of at most {} bytes, got {}; shorten the names and the metadata", file,
                   max_header_size, header.size());
  header.replace(header_start.size(), no_checksum.size(), header_checksum(header));

  const std::uint64_t length = header.size();
  parts[0] = std::as_bytes(std::span(header));
  parts.insert(parts.begin(), std::as_bytes(std::span(&length, 1)));
  write_atomically(path, parts);
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  TensorFile file(path);
  std::string text = read_header(file);
  HeaderParser header(file.name(), text, file.size() - file.offset);
  const auto stored = [&](const char* key) {
    const auto found = header.metadata.find(key);
    return found == header.metadata.end() ? std::string() : found->second;
  };
  const bool is_own = stored("format") == "gradus";
  check<FileError>(
      !is_own || stored("format_version") == format_version,
      "{}: expected format_version {} in the header at offset 8, got {}; the file is from a newer gradus, update "
      "yours",
      file.name(), format_version, printable(stored("format_version")));
  if (is_own || header.metadata.contains("header_crc32")) {
    const std::string expected = header_checksum(text);
    check<FileError>(text.starts_with(header_start) && stored("header_crc32") == expected,
                     "{}: expected header_crc32 {} first in the header at offset 8, got {}; the file is damaged or "
                     "was rewritten by another program",
                     file.name(), expected, printable(stored("header_crc32")));
  }

  SafeTensors result;
  const std::size_t begin = file.offset;
  file.crc = 0;
  for (const Entry& entry : header.entries) {
    Tensor value = Tensor::empty(entry.shape);
    entry.item_size == sizeof(float) ? file.read_as<float>(value.values()) : file.read_as<double>(value.values());
    result.tensors.push_back({entry.name, value});
  }
  if (is_own || header.metadata.contains("crc32")) {
    check<FileError>(stored("crc32") == hexadecimal(file.crc),
                     "{}: expected crc32 {} of the data from offset {} on, got {} in the header; the file is damaged, "
                     "download it again",
                     file.name(), hexadecimal(file.crc), begin, printable(stored("crc32")));
  }
  result.metadata = std::move(header.metadata);
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
