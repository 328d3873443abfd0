#include <gradus/files/element_type.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

namespace {

static_assert(std::endian::native == std::endian::little, "elements are stored little-endian");

/// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of mantissa.
struct Half {
  std::uint16_t bits;
  explicit operator Real() const {
    const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31;
    const std::uint32_t exponent = bits >> 10 & 31U;
    const std::uint32_t mantissa = bits & 1023U;
    if (exponent == 0) {  // zero and denormals: mantissa x 2^-24
      const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
      return sign == 0 ? magnitude : -magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 127 - 15;
    return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
  }
};

/// The upper half of a float.
struct BrainFloat {
  std::uint16_t bits;
  explicit operator Real() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

struct Boolean {
  std::uint8_t value;
  explicit operator Real() const { return value; }
};

bool exact(auto) { return true; }
bool exact(Boolean stored) { return stored.value <= 1; }
bool exact(std::integral auto value) {
  const auto whole = static_cast<std::make_unsigned_t<decltype(value)>>(value);
  const std::uint64_t magnitude = value < 0 ? static_cast<decltype(whole)>(0 - whole) : whole;
  return magnitude == 0 ||
         std::bit_width(magnitude >> std::countr_zero(magnitude)) <= std::numeric_limits<Real>::digits;
}

std::string text_of(auto) { return {}; }
std::string text_of(Boolean stored) { return fmt::to_string(stored.value); }
std::string text_of(std::integral auto value) { return fmt::to_string(value); }

template <class Stored>
std::string convert(const std::byte* from, std::span<Real> to) {
  for (Real& value : to) {
    Stored stored;
    std::memcpy(&stored, from, sizeof(stored));
    from += sizeof(stored);
    if (!exact(stored)) return text_of(stored);
    value = static_cast<Real>(stored);
  }
  return {};
}

template <class Stored>
constexpr ElementType row(std::string_view safetensors, std::string_view numpy) {
  return {safetensors, numpy, sizeof(Stored), convert<Stored>};
}

constexpr std::array types{
    row<double>("F64", "<f8"),        row<float>("F32", "<f4"),         row<Half>("F16", "<f2"),
    row<BrainFloat>("BF16", ""),      row<std::int64_t>("I64", "<i8"),  row<std::int32_t>("I32", "<i4"),
    row<std::int16_t>("I16", "<i2"),  row<std::int8_t>("I8", "|i1"),    row<std::uint64_t>("U64", "<u8"),
    row<std::uint32_t>("U32", "<u4"), row<std::uint16_t>("U16", "<u2"), row<std::uint8_t>("U8", "|u1"),
    row<Boolean>("BOOL", "|b1"),
};

std::string names_of(std::string_view ElementType::*name) {
  std::vector<std::string_view> names;
  for (const ElementType& type : types) {
    if (!(type.*name).empty()) names.push_back(type.*name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

const ElementType* find(std::string_view ElementType::*name, std::string_view wanted) {
  const auto found = std::ranges::find(types, wanted, name);
  return found == types.end() || wanted.empty() ? nullptr : &*found;
}

}  // namespace

std::string safetensors_types() { return names_of(&ElementType::safetensors); }
std::string numpy_types() { return names_of(&ElementType::numpy); }

const ElementType* find_safetensors_type(std::string_view name) { return find(&ElementType::safetensors, name); }
const ElementType* find_numpy_type(std::string_view name) { return find(&ElementType::numpy, name); }

const ElementType& real_type() { return types[std::is_same_v<Real, double> ? 0 : 1]; }

void read_elements(const ElementType& type, const ReadBytes& read, bool big_endian, const std::string& context,
                   Tensor& to) {
  constexpr std::size_t part_size = 8192;
  std::vector<std::byte> bytes(std::min(part_size, to.values().size()) * type.size);
  for (std::span<Real> rest = to.values(); !rest.empty();) {
    const auto part = rest.first(std::min(part_size, rest.size()));
    const auto stored = std::span(bytes).first(part.size() * type.size);
    read(stored);
    for (std::size_t i = 0; big_endian && i < stored.size(); i += type.size) {
      std::ranges::reverse(stored.subspan(i, type.size));
    }
    const std::string inexact = type.convert(stored.data(), part);
    check<FileError>(inexact.empty(), "{}: expected values that {} holds exactly, got {}; convert them to {}", context,
                     real_type().safetensors, inexact, real_type().safetensors);
    rest = rest.subspan(part.size());
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
