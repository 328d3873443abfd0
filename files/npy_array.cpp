#include <gradus/files/npy_array.h>

#include <gradus/core/printable.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;  // of the elements
constexpr std::size_t max_header_size = 64 * 1024;

struct NpyHeader {
  std::string type;
  bool fortran_order = false;
  Shape shape;
};

/// A Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class NpyHeaderParser {
 public:
  NpyHeaderParser(const std::string& context, std::string_view text) : context_(context), rest_(text) {}

  NpyHeader parse() {
    std::set<std::string> keys;
    expect("{");
    while (!take("}")) {
      const std::string key = string();
      if (!keys.insert(key).second) fail("every key once, got '{}' twice", printable(key, 64));
      expect(":");
      value(key);
      if (!take(",")) {
        expect("}");
        break;
      }
    }
    skip_spaces();
    if (!rest_.empty() || keys.size() != 3) fail("{} and nothing else, got {} of the three", known, keys.size());
    return std::move(header_);
  }

 private:
  static constexpr std::string_view known = "'descr', 'fortran_order' and 'shape'";

  void value(const std::string& key) {
    if (key == "descr") {
      header_.type = string();
    } else if (key == "fortran_order") {
      header_.fortran_order = take("True");
      if (!header_.fortran_order) expect("False");
    } else if (key == "shape") {
      shape();
    } else {
      fail("{}, got '{}'", known, printable(key, 64));
    }
  }

  void shape() {
    std::uint64_t room = (std::uint64_t{1} << 45) / sizeof(Real);
    expect("(");
    while (!take(")")) {
      std::uint64_t size = 0;
      skip_spaces();
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size > room) fail("sizes that fit into memory, got '{}'", printable(rest_, 32));
      if (size > 0) room /= size;
      if (header_.shape.rank() == Shape::max_rank) fail("at most {} axes, got more", int{Shape::max_rank});
      header_.shape = header_.shape.append(static_cast<Index>(size));
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (!take(",")) {
        expect(")");
        break;
      }
    }
  }

  /// Escapes are not needed by the keys and types that are known.
  std::string string() {
    skip_spaces();
    const char quote = rest_.empty() ? '\0' : rest_[0];
    const std::size_t end = rest_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == rest_.npos) fail("a text in quotes, got '{}'", printable(rest_, 32));
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool take(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail("'{}', got '{}'", token, printable(rest_, 32));
  }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(" \t\r\n"))); }

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) const {
    throw FileError(
        fmt::format("{}: in the header, expected {}", context_, fmt::format(text, std::forward<Args>(args)...)));
  }

  const std::string& context_;
  std::string_view rest_;
  NpyHeader header_;
};

/// The length of the header, which has 2 bytes in version 1 and 4 in the versions 2 and 3.
std::size_t read_length(const std::string& context, std::size_t& size, const ReadBytes& read) {
  std::array<unsigned char, 12> start{};
  check<FileError>(size >= start.size(), "{}: expected an array of NumPy, got {} bytes; write it with numpy.save",
                   context, size);
  read(std::as_writable_bytes(std::span(start).first(10)));
  const std::string_view found(reinterpret_cast<const char*>(start.data()), magic.size());
  const int version = start[6];
  check<FileError>(found == magic && version >= 1 && version <= 3,
                   "{}: expected an array of NumPy, format 1 to 3, got other bytes; write it with numpy.save", context);
  std::size_t length = start[8] + std::size_t{start[9]} * 256;
  size -= 10;
  if (version > 1) {
    read(std::as_writable_bytes(std::span(start).subspan(10)));
    length += (start[10] + std::size_t{start[11]} * 256) << 16;
    size -= 2;
  }
  check<FileError>(length <= std::min(size, max_header_size), "{}: expected a header of at most {} bytes, got {}",
                   context, std::min(size, max_header_size), length);
  size -= length;
  return length;
}

Shape reversed(const Shape& shape) {
  Shape result;
  for (const Index size : shape) result = result.prepend(size);
  return result;
}

/// A tensor with the axes in the reverse order.
Tensor transposed(const Tensor& tensor) {
  Tensor result = Tensor::empty(reversed(tensor.shape()));
  const auto rank = static_cast<std::size_t>(tensor.shape().rank());
  std::array<Index, Shape::max_rank> strides{}, position{};  // of the axes of the result in the elements of the tensor
  Index stride = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    strides[axis] = stride;
    stride *= result.shape()[static_cast<int>(axis)];
  }
  Index from = 0;
  for (Real& value : result.values()) {
    value = tensor.data()[from];
    for (std::size_t axis = rank; axis-- > 0;) {
      from += strides[axis];
      if (++position[axis] < result.shape()[static_cast<int>(axis)]) break;
      from -= strides[axis] * std::exchange(position[axis], 0);
    }
  }
  return result;
}

}  // namespace

std::string npy_header(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", real_type().numpy,
                                 fmt::join(shape, ", "), shape.rank() == 1 ? "," : "");
  const std::size_t start = magic.size() + 4;
  text.append(alignment - 1 - (start + text.size()) % alignment, ' ');
  text += '\n';
  const auto length = [&](int shift) { return static_cast<char>(text.size() >> shift & 255); };
  return fmt::format("{}{}{}{}{}", magic, "\1\0"sv, length(0), length(8), text);
}

Tensor read_npy_array(const std::string& context, std::size_t size, const ReadBytes& read) {
  std::string text(read_length(context, size, read), ' ');
  read(std::as_writable_bytes(std::span(text)));
  const NpyHeader header = NpyHeaderParser(context, text).parse();
  const bool big_endian = header.type.starts_with('>');
  const ElementType* type = find_numpy_type(big_endian ? "<" + header.type.substr(1) : header.type);
  check<FileError>(type != nullptr, "{}: expected one of the types {}, got '{}'; convert the array to float32", context,
                   numpy_types(), printable(header.type, 64));
  const std::size_t bytes = static_cast<std::size_t>(header.shape.size()) * type->size;
  check<FileError>(bytes == size, "{}: expected {} bytes of elements, from shape {} and type {}, got {}; write it anew",
                   context, bytes, header.shape, header.type, size);
  Tensor value = Tensor::empty(header.fortran_order ? reversed(header.shape) : header.shape);
  read_elements(*type, read, big_endian, context, value);
  return header.fortran_order && header.shape.rank() > 1 ? transposed(value) : value;
}

}  // namespace gradus::inline GRADUS_PRECISION
