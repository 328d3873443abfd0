#pragma once

#include "target.h"

#include <support/temporary_folder.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

// Files in the format of safetensors as inputs: a header, a zero byte and data. Bytes of a file would hardly ever be
// more than one with a wrong length or checksum.

inline std::pair<std::string, std::string> halves(Bytes bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t end = std::min(text.size(), text.find('\0'));
  return {text.substr(0, end), text.substr(std::min(text.size(), end + 1))};
}

inline std::string safetensors(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file.append(header).append(data);
}

/// The input for a file that the library wrote, without the entries that only its own checksums would fit.
inline void seed_without_checksums(const std::filesystem::path& path) {
  const std::string file = file_text(path);
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof(length));
  auto header = nlohmann::ordered_json::parse(file.substr(sizeof(length), length));
  for (const char* key : {"format", "format_version", "gradus.crc32"}) header["__metadata__"].erase(key);
  seed(header.dump() + '\0' + file.substr(sizeof(length) + length));
}
