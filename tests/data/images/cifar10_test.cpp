#include <gradus/data/images/cifar10.h>

#include "support/compare.h"
#include "support/temporary_folder.h"

#include <zlib.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace gradus;

namespace {

constexpr std::size_t image_bytes = 1 + 3 * 1024;

/// Images of class i % 10, all pixels of channel c being (i + 60 c) % 200, except for one of 255 in line 2, column 3.
std::string images(std::size_t count) {
  std::string bytes;
  bytes.reserve(count * image_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    bytes += static_cast<char>(i % 10);
    for (std::size_t c = 0; c < 3; ++c) {
      bytes.append(1024, static_cast<char>((i + 60 * c) % 200));
      bytes[bytes.size() - 1024 + 2 * 32 + 3] = static_cast<char>(255);
    }
  }
  return bytes;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb1");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

}  // namespace

TEST_CASE("cifar10: images with channels last") {
  const TemporaryFolder folder;
  const std::string bytes = images(10'000);
  for (int i = 1; i <= 5; ++i) write(folder / fmt::format("data_batch_{}.bin.gz", i), bytes);
  write(folder / "test_batch.bin.gz", bytes);
  const auto [train, test] = load_cifar10(folder / "");
  CHECK(train.size() == 50'000);
  CHECK(test.size() == 10'000);
  CHECK(train.sample_shape() == Shape{32, 32, 3});
  CHECK(train.classes() == 10);
  const Index image = 20'007;
  CHECK(train.label(image) == 7);
  const Tensor pixels = train[image].inputs;
  for (const Index c : {0, 1, 2}) {
    CHECK(pixels(0, 5, 6, c) == doctest::Approx(static_cast<double>((7 + 60 * c) % 200) / 255));
    CHECK(pixels(0, 2, 3, c) == 1);
  }
  CHECK(pixels(0, 3, 2, 0) != 1);
}

TEST_CASE("cifar10: other folders and files") {
  const TemporaryFolder folder;
  const std::string name = folder / "";
  const std::string first = folder / "data_batch_1.bin";
  CHECK_EQ(error_text<FileError>([&] { load_cifar10(folder / ""); }),
           name +
               ": expected a folder with data_batch_1.bin or data_batch_1.bin.gz, got none; name the folder of the "
               "binary version of CIFAR-10");
  const auto text = [&](const std::string& bytes) {
    std::ofstream(first, std::ios::binary) << bytes;
    return error_text<FileError>([&] { load_cifar10(folder / ""); });
  };
  CHECK_EQ(text(images(3)), first + ": expected 10000 images of 3073 bytes, got 3; the file is damaged or cut");
  CHECK_EQ(text(images(3).substr(0, 2 * image_bytes + 100)),
           first +
               ": expected 10000 images of 3073 bytes, got 100 more bytes after 2 images; the file is damaged or of "
               "another format");
  std::string wrong = images(3);
  wrong[image_bytes] = 10;
  CHECK_EQ(text(wrong), first + ": expected classes from 0 to 9, got 10 for image 1");
}
