#pragma once

#include <gradus/core/tensor.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct SafeTensor {
  std::string name;
  Tensor value;
};

struct SafeTensors {
  std::vector<SafeTensor> tensors;             ///< in the order of the file
  std::map<std::string, std::string> metadata;  ///< as in the file, what the writer adds included
};

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors), which PyTorch, Keras and
/// numpy read too: 8 bytes with the length of the header, lowest byte first; the header, JSON padded with spaces to a
/// multiple of 64; the elements in order, F32 or F64 like the build. Same input, same bytes.
///
/// Names have 1 to 1,024 bytes of UTF-8, no control characters and no `../`. A file has at most 100,000 names, those of
/// the metadata included, and a header of at most 8 MiB. The writer sets four entries of the metadata, whatever
/// `metadata` says of them:
/// - `format` is "gradus" and `format_version` "1";
/// - `crc32` is zlib's crc32 of everything after the header, 8 hexadecimal digits;
/// - `header_crc32`, the first entry, is that of the header with these 8 digits as zeros, padding included.
///
/// Saves by `write_atomically`, throws FileError as it does, for other names, and for default-constructed tensors.
void write_safetensors(const std::filesystem::path& path, std::span<const SafeTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Reads tensors of type F32 and F64, whoever wrote them, and converts them to the build's type. Checksums are verified
/// where there are any; a file of format "gradus" must have both. Throws FileError for every file that is not sound:
/// the ranges of the tensors must cover the data in the header's order. Elements may be NaN or infinite.
SafeTensors read_safetensors(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
