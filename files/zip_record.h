#pragma once  // internal

#include <gradus/core/real.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

// Records of zip archives: a signature, numbers of 2 and 4 bytes, little-endian, and texts.

namespace gradus::inline GRADUS_PRECISION {

constexpr std::string_view zip_local_signature = "PK\3\4";
constexpr std::string_view zip_central_signature = "PK\1\2";
constexpr std::string_view zip_end_signature = "PK\5\6";

// Without the texts at their end.
constexpr std::size_t zip_local_size = 30;
constexpr std::size_t zip_central_size = 46;
constexpr std::size_t zip_end_size = 22;

constexpr std::uint64_t zip64_count = 0xFFFF;  // and above: the number is in a record of zip64
constexpr std::uint64_t zip64_size = 0xFFFFFFFF;

}  // namespace gradus::inline GRADUS_PRECISION
