#pragma once

#include <gradus/core/tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

class ByteStream;

/// A named tensor of a file.
struct SafeTensor {
  std::string name;
  Tensor value;
};

/// Content of a file.
struct SafeTensors {
  std::vector<SafeTensor> tensors;              ///< in the order of the data
  std::map<std::string, std::string> metadata;  ///< with `format` and `format_version`
};

/// Writes tensors in the safetensors format (https://github.com/huggingface/safetensors), which PyTorch, Keras and
/// NumPy can read: the length of the header in 8 bytes, little-endian; the header, JSON padded with spaces so that the
/// data begin at a multiple of 64; the elements in order, F32 or F64 like the build. Same input, same bytes.
///
/// Names have 1 to 1,024 bytes of UTF-8, without control characters or `../`. A file has at most 100,000 names,
/// including those of the metadata, and a header of at most 8 MiB. The writer sets three entries of the metadata:
/// - `format` is "gradus" and `format_version` "2";
/// - `gradus.crc32` holds CRC-32 checksums (zlib) of 8 hexadecimal digits each. The first one is that of what the
///   header says, whatever its layout: for every tensor, in the order of the data, the lines name, type, sizes, begin
///   and end; for every other entry of the metadata the lines key and value; the digits of the other checksums. These
///   belong to the bytes of the tensors, in the order of the data, so that each can be read and checked alone.
///
/// Saves with `write_atomically` and throws FileError as it does, for invalid names and for default-constructed
/// tensors.
void write_safetensors(const std::filesystem::path& path, std::span<const SafeTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// What the header says of a tensor.
struct SafetensorsEntry {
  std::string name;
  std::string type;  ///< as in the file: "F32", "BF16", ...
  Shape shape;
  std::size_t begin = 0;  ///< of its bytes, counted from the end of the header
  std::size_t end = 0;
  std::string checksum;  ///< CRC-32 of its bytes; empty if the file has none
};

/// A file of any program whose tensors are read one by one. Opening it reads the header, which it compares with the
/// bytes that are there: the ranges of the tensors, in any order, cover the data without holes and overlaps. Metadata
/// may be null. Opening a file of format "gradus" checks the header's checksum, and in format_version 1, which has one
/// checksum for all tensors, the data.
///
/// Types: F64, F32, F16, BF16, I8 to I64, U8 to U64 and BOOL, converted to Real. F64 is rounded to float in a float
/// build; all other values must be exact. The header may list other types, which cannot be read.
///
/// Throws FileError for every invalid file. One thread.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) noexcept;
  ~SafetensorsFile();

  /// In the order of the data; tensors without elements at one place in that of the header.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  /// Without the checksums of format "gradus".
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// Null if there is no such tensor.
  const SafetensorsEntry* find(std::string_view name) const;

  /// Reads a tensor and verifies its checksum if it has one. Elements may be NaN or infinite. Throws FileError for
  /// types and values that Real cannot hold, and for an unknown name.
  Tensor read(const SafetensorsEntry& entry);
  Tensor read(std::string_view name);

 private:
  const std::string& path() const;
  void read_bytes(std::span<std::byte> out);
  std::string read_header();
  std::string stored(const std::string& key) const;
  void check_checksums(const std::string& header);
  void take_checksums();
  void check_version_1(std::string header);

  std::unique_ptr<ByteStream> stream_;
  std::size_t data_ = 0;  // offset of the data
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string_view, std::size_t> by_name_;  // positions in entries_
};

/// Reads all tensors of a file, see SafetensorsFile.
SafeTensors read_safetensors(const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
