#include <gradus/files/safetensors_header.h>

#include <gradus/core/printable.h>
#include <gradus/files/checksum.h>
#include <gradus/files/element_type.h>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <istream>
#include <set>
#include <streambuf>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using nlohmann::json;

constexpr std::size_t max_name_size = 1024;

/// A stream over the header that tells how far the parser has read.
class HeaderText : public std::streambuf {
 public:
  explicit HeaderText(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
  std::size_t offset() const { return sizeof(std::uint64_t) + static_cast<std::size_t>(gptr() - eback()); }
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
    check_ranges();
  }

  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;

  // The events of json::sax_parse.

  bool null() {
    if (next_ != Value::object || name_ != metadata_name) fail_value("null");
    return true;  // no metadata
  }
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
    if (next_ != Value::string) fail_value(in_quotes(value));
    if (name_ == metadata_name) {
      metadata[field_] = std::move(value);
    } else {
      type_ = std::move(value);
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
      if (!fields_.insert(text).second) fail("every entry of {} once, got {} twice", in_quotes(name_), in_quotes(text));
      const bool list = name_ != metadata_name && (text == "shape" || text == "data_offsets");
      if (name_ != metadata_name && text != "dtype" && !list)
        fail("{} in {}, got {}", known, in_quotes(name_), in_quotes(text));
      next_ = list ? Value::array : Value::string;
      field_ = text;
    } else {
      if (!valid_tensor_name(text)) fail("{}, got {}", name_rule, in_quotes(text));
      if (!names_.insert(text).second) fail("every name once, got {} twice", in_quotes(text));
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
    if (fields_.size() != 3) fail("{} in {}, got {} of the three", known, in_quotes(name_), fields_.size());
    // A size of 0 is skipped: the product of the others must not overflow either.
    std::uint64_t room = (std::uint64_t{1} << 45) / sizeof(Real);
    Shape shape;
    for (const std::uint64_t size : sizes_) {
      if (size > room) fail("a shape of {} that fits into memory, got [{}]", in_quotes(name_), fmt::join(sizes_, ", "));
      if (size > 0) room /= size;
      shape = shape.append(static_cast<Index>(size));
    }
    const bool range = offsets_.size() == 2 && offsets_[0] <= offsets_[1];
    if (!range)
      fail("the begin and the end as data_offsets of {}, got [{}]", in_quotes(name_), fmt::join(offsets_, ", "));
    const auto [begin, end] = std::pair(offsets_[0], offsets_[1]);
    const ElementType* type = find_safetensors_type(type_);
    if (type != nullptr && end - begin != static_cast<std::size_t>(shape.size()) * type->size) {
      fail("data_offsets of {} that are {} bytes apart, from its shape and type, got [{}, {}]", in_quotes(name_),
           static_cast<std::size_t>(shape.size()) * type->size, begin, end);
    }
    if (end > data_size_) {
      fail("at least {} bytes of data for {}, got {}; the file is truncated, download it again", end, in_quotes(name_),
           data_size_);
    }
    entries.push_back({name_, std::move(type_), shape, begin, end, {}});
    sizes_.clear();
    offsets_.clear();
  }

  /// Without holes and overlaps, to the end of the data.
  void check_ranges() {
    std::ranges::stable_sort(entries, {},
                             [](const SafetensorsEntry& entry) { return std::tie(entry.begin, entry.end); });
    std::size_t covered = 0;
    for (const SafetensorsEntry& entry : entries) {
      if (entry.begin != covered) {
        fail("data_offsets of {} that begin at {}, where the data before it end, got [{}, {}]", in_quotes(entry.name),
             covered, entry.begin, entry.end);
      }
      covered = entry.end;
    }
    if (covered != data_size_) fail("the tensors to cover {} bytes of data, got {}", data_size_, covered);
  }

  std::string context() const {
    if (name_.empty()) return "the header";
    return field_.empty() ? in_quotes(name_) : fmt::format("{} of {}", in_quotes(field_), in_quotes(name_));
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

  Value next_ = Value::object;  // expected type of the next value
  bool inside_ = false;         // inside an entry of the header, with this name and field
  std::string name_;
  std::string field_;
  std::unordered_set<std::string> names_;
  std::set<std::string> fields_;

  std::string type_;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

bool valid_tensor_name(std::string_view name) {
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  // Some programs use the names as file names.
  const bool leaves_folder = name == ".." || name.find("../") != name.npos || name.ends_with("/..");
  return !name.empty() && name.size() <= max_name_size && !leaves_folder && std::ranges::none_of(name, control);
}

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", printable(text, 64)); }

SafetensorsHeader parse_safetensors_header(const std::string& file, std::string& text, std::size_t data_size) {
  HeaderParser parser(file, text, data_size);
  return {std::move(parser.entries), std::move(parser.metadata)};
}

std::string header_checksum(const std::vector<SafetensorsEntry>& entries,
                            const std::map<std::string, std::string>& metadata, std::string_view tensor_checksums) {
  std::uint32_t crc = 0;
  const auto add = [&](std::string_view text) { crc = checksum(std::as_bytes(std::span(text)), crc); };
  for (const auto& [name, type, shape, begin, end, ignored] : entries) {
    add(fmt::format("{}\n{}\n{}\n{}\n{}\n", name, type, fmt::join(shape, " "), begin, end));
  }
  for (const auto& [key, value] : metadata) {
    if (key != checksums_key) add(fmt::format("{}\n{}\n", key, value));
  }
  add(tensor_checksums);
  return hexadecimal(crc);
}

}  // namespace gradus::inline GRADUS_PRECISION
