#pragma once  // internal

#include <gradus/files/safetensors.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

// Limits of the reader and of the writer.
constexpr std::size_t max_names = 100'000;
constexpr std::size_t max_header_size = 8 * 1024 * 1024;  // bytes; the parser may need eight times as many
constexpr std::string_view name_rule = "names of 1 to 1024 bytes without control characters or '../'";

constexpr std::string_view metadata_name = "__metadata__";
constexpr const char* checksums_key = "gradus.crc32";

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Whether a name follows `name_rule`.
bool valid_tensor_name(std::string_view name);

/// A name or another text of a file in quotes, for errors.
std::string in_quotes(std::string_view text);

/// Reads the JSON of the header of `file`, which has `data_size` bytes after it, and sorts the entries by their data.
/// Throws FileError.
SafetensorsHeader parse_safetensors_header(const std::string& file, std::string& text, std::size_t data_size);

/// The first checksum of `checksums_key`; `tensor_checksums` are the digits of the others.
std::string header_checksum(const std::vector<SafetensorsEntry>& entries,
                            const std::map<std::string, std::string>& metadata, std::string_view tensor_checksums);

}  // namespace gradus::inline GRADUS_PRECISION
