#pragma once

#include <gradus/core/tensor.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A named tensor of a file.
struct SafeTensor {
  std::string name;
  Tensor value;
};

/// Content of a file.
struct SafeTensors {
  std::vector<SafeTensor> tensors;              ///< in the order of the file
  std::map<std::string, std::string> metadata;  ///< with the entries added by the writer
};

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors), which PyTorch, Keras and
/// NumPy can read: the length of the header in 8 bytes, little-endian; the header, JSON padded with spaces so that the
/// data begin at a multiple of 64; the elements in order, F32 or F64 like the build. Same input, same bytes.
///
/// Names have 1 to 1,024 bytes of UTF-8, without control characters or `../`. A file has at most 100,000 names,
/// including those of the metadata, and a header of at most 8 MiB. The writer sets four entries of the metadata:
/// - `format` is "gradus" and `format_version` "1";
/// - `crc32` is the CRC-32 (zlib) of everything after the header, 8 hexadecimal digits;
/// - `header_crc32`, the first entry, is the CRC-32 of the header, with padding and with zeros for its own 8 digits.
///
/// Saves with `write_atomically` and throws FileError as it does, for invalid names and for default-constructed
/// tensors.
void write_safetensors(const std::filesystem::path& path, std::span<const SafeTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// Reads tensors of type F32 and F64 from any program and converts them to the type of the build. Verifies checksums
/// where present; a file of format "gradus" must have both. The ranges of the tensors must cover the data in the order
/// of the header. Elements may be NaN or infinite. Throws FileError for every invalid file.
SafeTensors read_safetensors(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
