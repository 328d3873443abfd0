#include <gradus/files/numpy.h>

#include <gradus/core/printable.h>
#include <gradus/core/storage.h>
#include <gradus/data/byte_stream/byte_stream.h>
#include <gradus/files/atomic_file.h>
#include <gradus/files/npy_array.h>
#include <gradus/files/out_of_memory.h>
#include <gradus/files/safetensors_header.h>
#include <gradus/files/zip.h>

#include <fmt/format.h>

#include <array>
#include <set>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::string_view extension = ".npy";

void check_name(const std::string& file, const std::string& name, std::set<std::string>& names) {
  const bool valid = valid_tensor_name(name) && names.insert(name).second;
  check<FileError>(valid, "{}: expected unique {}, got {}; rename the tensor", file, name_rule, in_quotes(name));
}

/// Tensors that a small compressed file may hold, with one that is transposed.
StorageLimit limit_of(std::size_t file_size) {
  const std::int64_t bytes = (std::int64_t{16} << 20) + 16 * static_cast<std::int64_t>(file_size);
  return {bytes, 2 * bytes, "as the file is small"};
}

}  // namespace

void save_npy(const std::filesystem::path& path, const Tensor& tensor) {
  naming_file(path, [&] {
    check<FileError>(tensor.defined(), "{}: expected a tensor, got none", path.string());
    const std::string header = npy_header(tensor);
    write_atomically(path, std::array{std::as_bytes(std::span(header)), std::as_bytes(tensor.values())});
  });
}

Tensor load_npy(const std::filesystem::path& path) {
  return naming_file(path, [&] {
    ByteStream stream(path, ByteStream::Unpack::nothing);
    return read_npy_array(stream.name(), stream.file_size(), [&](std::span<std::byte> out) {
      const std::size_t count = stream.read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
      check<FileError>(count == out.size(), "{}: expected {} more bytes, got {}; is another program changing the file?",
                       stream.name(), out.size(), count);
    });
  });
}

void save_npz(const std::filesystem::path& path, std::span<const SafeTensor> tensors) {
  naming_file(path, [&] {
    const std::string file = path.string();
    std::set<std::string> names;
    std::vector<std::string> headers;
    headers.reserve(tensors.size());  // the contents point to them
    std::vector<ZipContent> contents;
    for (const auto& [name, value] : tensors) {
      check_name(file, name, names);
      check<FileError>(value.defined(), "{}: expected a tensor as {}, got none", file, in_quotes(name));
      headers.push_back(npy_header(value));
      contents.push_back(
          {name + std::string(extension), {std::as_bytes(std::span(headers.back())), std::as_bytes(value.values())}});
    }
    write_zip(path, contents);
  });
}

std::vector<SafeTensor> load_npz(const std::filesystem::path& path) {
  return naming_file(path, [&] {
    ByteStream stream(path, ByteStream::Unpack::nothing);
    std::set<std::string> names;
    std::vector<SafeTensor> tensors;
    const auto read_all = [&] {
      for (const ZipEntry& entry : read_zip_directory(stream)) {
        check<FileError>(entry.name.ends_with(extension), "{}: expected names that end with .npy, got {}",
                         stream.name(), in_quotes(entry.name));
        const std::string name = entry.name.substr(0, entry.name.size() - extension.size());
        check_name(stream.name(), name, names);
        const std::string context = fmt::format("{}: in {}", stream.name(), in_quotes(name));
        read_zip_entry(stream, entry, [&](const ReadBytes& read) {
          tensors.push_back({name, read_npy_array(context, entry.size, read)});
        });
      }
    };
    try {
      with_storage_limit(limit_of(stream.file_size()), read_all);
    } catch (const ShapeError& error) {
      throw FileError(fmt::format("{}: {}; write it without compression", stream.name(), error.what()));
    }
    return tensors;
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
