#include <gradus/files/checksum.h>

#include <fmt/format.h>
#include <zlib.h>

namespace gradus::inline GRADUS_PRECISION {

std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before) {
  if (bytes.empty()) return before;  // for zlib, a null pointer asks for the initial value
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string hexadecimal(std::uint32_t checksum) { return fmt::format("{:08x}", checksum); }

}  // namespace gradus::inline GRADUS_PRECISION
