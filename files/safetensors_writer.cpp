#include <gradus/core/printable.h>
#include <gradus/files/atomic_file.h>
#include <gradus/files/checksum.h>
#include <gradus/files/element_type.h>
#include <gradus/files/out_of_memory.h>
#include <gradus/files/safetensors_header.h>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <unordered_set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using nlohmann::json;

void check_tensors(const std::string& file, std::span<const SafeTensor> tensors) {
  std::unordered_set<std::string_view> names;
  for (const auto& [name, value] : tensors) {
    const bool valid = valid_tensor_name(name) && name != metadata_name && names.insert(name).second;
    if (!valid) {
      throw FileError(fmt::format("{}: expected unique {}, other than '{}', got {}; rename the tensor", file, name_rule,
                                  metadata_name, in_quotes(name)));
    }
    if (!value.defined()) throw FileError(fmt::format("{}: expected a tensor as {}, got none", file, in_quotes(name)));
  }
}

SafetensorsHeader header_of(std::span<const SafeTensor> tensors, const std::map<std::string, std::string>& metadata) {
  SafetensorsHeader header{{}, metadata};
  std::string checksums;
  std::size_t end = 0;
  for (const auto& [name, value] : tensors) {
    const auto bytes = std::as_bytes(value.values());
    const std::size_t begin = end;
    end += bytes.size();
    header.entries.push_back({name, std::string(real_type().safetensors), value.shape(), begin, end, {}});
    checksums += hexadecimal(checksum(bytes));
  }
  header.metadata["format"] = "gradus";
  header.metadata["format_version"] = "2";
  header.metadata[checksums_key] = header_checksum(header.entries, header.metadata, checksums) + checksums;
  return header;
}

/// The header as JSON, padded.
std::string text_of(const std::string& file, const SafetensorsHeader& header) {
  std::string text;
  try {
    for (const auto& [key, value] : header.metadata) {
      text += fmt::format("{}{}:{}", text.empty() ? "" : ",", json(key).dump(), json(value).dump());
    }
    text = fmt::format(R"({{"{}":{{{}}})", metadata_name, text);
    for (const auto& [name, type, shape, begin, end, ignored] : header.entries) {
      text += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json(name).dump(), type,
                          fmt::join(shape, ","), begin, end);
    }
    text += '}';
  } catch (const json::type_error& error) {
    throw FileError(fmt::format("{}: expected names and metadata in UTF-8, got '{}'", file, printable(error.what())));
  }
  constexpr std::size_t alignment = 64;  // of the data, for memory-mapped files
  const std::size_t unaligned = (sizeof(std::uint64_t) + text.size()) % alignment;
  text.append((alignment - unaligned) % alignment, ' ');
  check<FileError>(text.size() <= max_header_size,
                   "{}: expected a header of at most {} bytes, got {}; shorten the names and the metadata", file,
                   max_header_size, text.size());
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const SafeTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  naming_file(path, [&] {
    const std::string file = path.string();
    check_tensors(file, tensors);
    const SafetensorsHeader header = header_of(tensors, metadata);
    const std::size_t count = tensors.size() + header.metadata.size() + 1;  // with __metadata__
    check<FileError>(count <= max_names, "{}: expected at most {} names, got {}; write several files", file, max_names,
                     count);
    const std::string text = text_of(file, header);
    const std::uint64_t length = text.size();
    std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(&length, 1)), std::as_bytes(std::span(text))};
    for (const SafeTensor& tensor : tensors) parts.push_back(std::as_bytes(tensor.value.values()));
    write_atomically(path, parts);
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
