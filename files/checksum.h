#pragma once  // internal

#include <gradus/core/real.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// CRC-32 (ISO 3309, as in zip files) of bytes that follow those with the checksum `before`.
std::uint32_t checksum(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// 8 hexadecimal digits.
std::string hexadecimal(std::uint32_t checksum);

}  // namespace gradus::inline GRADUS_PRECISION
