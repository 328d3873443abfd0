#include <gradus/data/mnist/mnist.h>

#include "small_mnist.h"
#include "support/compare.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace gradus;
using namespace idx_files;

namespace {

std::string error_of(const SmallMnist& files) {
  return error_text<FileError>([&] { load_mnist(files.folder.path()); });
}

}  // namespace

TEST_CASE("mnist: a folder with all variants of the file names") {
  const SmallMnist files;
  const auto [train, test] = load_mnist(files.folder.path());
  CHECK_EQ(train.size(), 3);
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(train.classes(), 10);
  CHECK_EQ(test.size(), 2);
  const Batch batch = train.batch();
  CHECK_EQ(batch.labels.at({0}), 7);
  CHECK_EQ(batch.labels.at({2}), 9);
  CHECK_EQ(batch.inputs.at({1, 5}), static_cast<Real>((784 + 5) % 251) / 255);
}

TEST_CASE("mnist: missing folders and files") {
  CHECK_THROWS_WITH_AS(
      load_mnist("/nowhere/mnist"),
      "/nowhere/mnist: expected a folder with one of train-images-idx3-ubyte, "
      "train-images-idx3-ubyte.gz, train-images.idx3-ubyte, train-images.idx3-ubyte.gz, got none; name "
      "the folder of the four MNIST files, or use load_digits_sample()",
      FileError);
  const SmallMnist files;
  std::filesystem::remove(files.path("t10k-labels.idx1-ubyte"));
  CHECK(error_of(files).starts_with(files.folder.path().string() +
                                    ": expected a folder with one of t10k-labels-idx1-ubyte"));
}

TEST_CASE("mnist: files that do not match each other or the format") {
  const SmallMnist files;
  REQUIRE_EQ(error_of(files), "no error");
  const std::string train_images = files.path("train-images-idx3-ubyte");
  const std::string train_labels = files.path("train-labels-idx1-ubyte");

  write(files.folder / "train-labels-idx1-ubyte", labels({7, 0}));
  CHECK_EQ(error_of(files), train_labels + ": expected 3 labels at offset 4, one per image of " + train_images +
                                ", got 2; are the files from different data sets?");
  write(files.folder / "train-labels-idx1-ubyte", labels({7, 10, 255}));
  CHECK_EQ(
      error_of(files),
      train_labels + ": expected labels from 0 to 9, got 10 at offset 9; the file is damaged or from another data set");
  write(files.folder / "train-labels-idx1-ubyte", labels({7, 0, 255}));
  CHECK_EQ(error_of(files),
           train_labels +
               ": expected labels from 0 to 9, got 255 at offset 10; the file is damaged or from another data set");
  write(files.folder / "train-images-idx3-ubyte", idx({3, 32, 28}));
  CHECK_EQ(error_of(files),
           train_images + ": expected images of 28 x 28 at offset 8, got 32 x 28; the file is from another data set");
  write(files.folder / "train-images-idx3-ubyte", labels({1, 2, 3}));
  CHECK(error_of(files).starts_with(train_images + ": expected an IDX file of images"));
}

TEST_CASE("mnist: the built-in sample") {
  const auto [train, test] = load_digits_sample();
  CHECK_EQ(train.size(), 6000);
  CHECK_EQ(test.size(), 1000);
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(frequency(train), std::vector<Index>(10, 600));
  CHECK_EQ(frequency(test), std::vector<Index>(10, 100));
  CHECK_EQ(sum_of_bytes(train), 157'691'459);
  CHECK_EQ(sum_of_bytes(test), 26'703'247);
}

TEST_CASE("mnist: the full set, if GRADUS_MNIST is its folder") {
  if (const char* folder = std::getenv("GRADUS_MNIST")) {
    const auto [train, test] = load_mnist(folder);
    CHECK_EQ(train.size(), 60000);
    CHECK_EQ(test.size(), 10000);
    CHECK_EQ(frequency(train)[1], 6742);
    CHECK_EQ(frequency(test)[1], 1135);
  }
}
