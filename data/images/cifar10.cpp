#include <gradus/data/images/cifar10.h>

#include <gradus/data/byte_stream/byte_stream.h>

#include <cstddef>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr std::size_t plane = std::size_t{32} * 32;
constexpr std::size_t channels = 3;
constexpr std::size_t record = 1 + channels * plane;
constexpr std::size_t images_in_a_file = 10'000;
constexpr int classes = 10;

/// Images with channels last, and labels.
struct Images {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;
};

std::filesystem::path find(const std::filesystem::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const char* const ending : {"", ".gz"}) {
    if (std::filesystem::exists(folder / (name + ending), ignored)) return folder / (name + ending);
  }
  throw FileError(
      fmt::format("{}: expected a folder with {} or {}.gz, got none; name the folder of the binary version "
                  "of CIFAR-10",
                  folder.string(), name, name));
}

void append(const std::filesystem::path& path, Images& images) {
  ByteStream stream(path);
  std::vector<std::uint8_t> bytes(record);
  const std::size_t before = images.labels.size();
  images.labels.resize(before + images_in_a_file);
  images.pixels.resize((before + images_in_a_file) * channels * plane);
  std::size_t count = 0;
  for (;; ++count) {
    const std::size_t size = stream.read(bytes);
    if (size == 0) break;
    check<FileError>(size == record && count < images_in_a_file,
                     "{}: expected {} images of {} bytes, got {} more bytes after {} images; the file is damaged or of "
                     "another format",
                     path.string(), images_in_a_file, record, size, count);
    check<FileError>(bytes[0] < classes, "{}: expected classes from 0 to {}, got {} for image {}", path.string(),
                     classes - 1, bytes[0], count);
    images.labels[before + count] = bytes[0];
    std::uint8_t* const pixels = images.pixels.data() + (before + count) * channels * plane;
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < plane; ++i) pixels[i * channels + c] = bytes[1 + c * plane + i];
    }
  }
  check<FileError>(count == images_in_a_file, "{}: expected {} images of {} bytes, got {}; the file is damaged or cut",
                   path.string(), images_in_a_file, record, count);
}

Dataset dataset_of(Images images) { return {std::move(images.pixels), images.labels, {32, 32, 3}, classes}; }

}  // namespace

TrainTest load_cifar10(const std::filesystem::path& folder) {
  Images train;
  for (int i = 1; i <= 5; ++i) append(find(folder, fmt::format("data_batch_{}.bin", i)), train);
  Images test;
  append(find(folder, "test_batch.bin"), test);
  return {dataset_of(std::move(train)), dataset_of(std::move(test))};
}

}  // namespace gradus::inline GRADUS_PRECISION
