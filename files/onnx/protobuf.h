#pragma once  // internal

#include <gradus/core/real.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A message in the wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding): what ONNX files
/// consist of. The three kinds of field that they use take fewer lines than the generated code of a library.
class ProtobufMessage {
 public:
  void number(int field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
  }
  void number(int field, float value) {
    key(field, 5);
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    text_.append(bytes, sizeof(value));
  }
  void bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    text_.append(value);
  }
  void message(int field, const ProtobufMessage& value) { bytes(field, value.text_); }

  const std::string& text() const { return text_; }

 private:
  void key(int field, unsigned wire_type) { varint(static_cast<unsigned>(field) << 3 | wire_type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
  }

  std::string text_;
};

}  // namespace gradus::inline GRADUS_PRECISION
