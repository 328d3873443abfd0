#include <gradus/data/mnist.h>

#include "idx_files.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>

using namespace gradus;
using namespace idx_files;

namespace {

/// A folder with three images for training and two for testing.
struct SmallMnist {
  SmallMnist() {
    folder.write("train-images-idx3-ubyte", idx({3, 28, 28}));
    folder.write("train-labels-idx1-ubyte", labels({7, 0, 9}));
    folder.write("t10k-images.idx3-ubyte.gz", gzip(idx({2, 28, 28})));
    folder.write("t10k-labels.idx1-ubyte", labels({1, 2}));
  }
  std::string path(const std::string& name) const { return (folder.path() / name).string(); }
  std::string error() const {
    try {
      load_mnist(folder.path());
    } catch (const FileError& error) {
      return error.what();
    }
    return "no error";
  }
  TemporaryFolder folder;
};

std::vector<Index> all(const Dataset& data) {
  std::vector<Index> positions(static_cast<std::size_t>(data.size()));
  std::iota(positions.begin(), positions.end(), Index{0});
  return positions;
}

std::vector<Index> frequency(const Dataset& data) {
  std::vector<Index> count(10);
  const Batch batch = data.batch(all(data));
  for (const Real label : batch.labels.values()) ++count[static_cast<std::size_t>(label)];
  return count;
}

double sum_of_bytes(const Dataset& data) {
  double sum = 0;
  const Batch batch = data.batch(all(data));
  for (const Real value : batch.inputs.values()) sum += std::round(double(value) * 255);
  return sum;
}

}  // namespace

TEST_CASE("mnist: a folder with any spelling of the names") {
  const SmallMnist files;
  const auto [train, test] = load_mnist(files.folder.path());
  CHECK_EQ(train.size(), 3);
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(train.classes(), 10);
  CHECK_EQ(test.size(), 2);
  const Batch batch = train.batch(all(train));
  CHECK_EQ(batch.labels.at({0}), 7);
  CHECK_EQ(batch.labels.at({2}), 9);
  CHECK_EQ(batch.inputs.at({1, 5}), static_cast<Real>((784 + 5) % 251) / 255);
  CHECK_EQ(load_fashion_mnist(files.folder.path()).test.size(), 2);
}

TEST_CASE("mnist: a missing folder or file is told with what was looked for") {
  CHECK_THROWS_WITH_AS(
      load_mnist("/nowhere/mnist"),
      "/nowhere/mnist: expected a folder with one of train-images-idx3-ubyte, "
      "train-images-idx3-ubyte.gz, train-images.idx3-ubyte, train-images.idx3-ubyte.gz, got none; name "
      "the folder of the four MNIST files, or use load_digits_sample(), which needs none",
      FileError);
  CHECK_THROWS_WITH_AS(load_fashion_mnist("/nowhere/fashion"),
                       doctest::Contains("apt-get install dataset-fashion-mnist"), FileError);
  const SmallMnist files;
  std::filesystem::remove(files.path("t10k-labels.idx1-ubyte"));
  CHECK(files.error().starts_with(files.folder.path().string() +
                                  ": expected a folder with one of t10k-labels-idx1-ubyte"));
}

TEST_CASE("mnist: files that do not fit each other or the format") {
  const SmallMnist files;
  REQUIRE_EQ(files.error(), "no error");
  const std::string train_images = files.path("train-images-idx3-ubyte");
  const std::string train_labels = files.path("train-labels-idx1-ubyte");

  files.folder.write("train-labels-idx1-ubyte", labels({7, 0}));
  CHECK_EQ(files.error(), train_labels + ": expected a count of 3 labels at offset 4, as many as in " + train_images +
                              ", got 2; were two sets mixed?");
  files.folder.write("train-labels-idx1-ubyte", labels({7, 10, 255}));
  CHECK_EQ(files.error(),
           train_labels + ": expected labels from 0 to 9, got 10 at offset 9; this is another set, or damaged");
  files.folder.write("train-labels-idx1-ubyte", labels({7, 0, 255}));
  CHECK_EQ(files.error(),
           train_labels + ": expected labels from 0 to 9, got 255 at offset 10; this is another set, or damaged");
  files.folder.write("train-images-idx3-ubyte", idx({3, 32, 28}));
  CHECK_EQ(files.error(), train_images + ": expected images of 28 x 28 at offset 8, got 32 x 28; this is another set");
  files.folder.write("train-images-idx3-ubyte", labels({1, 2, 3}));
  CHECK(files.error().starts_with(train_images + ": expected an IDX file of images"));
}

TEST_CASE("mnist: the sample in the library") {
  const auto [train, test] = load_digits_sample();
  CHECK_EQ(train.size(), 6000);
  CHECK_EQ(test.size(), 1000);
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(frequency(train), std::vector<Index>(10, 600));
  CHECK_EQ(frequency(test), std::vector<Index>(10, 100));
  CHECK_EQ(sum_of_bytes(train), 157'691'459);
  CHECK_EQ(sum_of_bytes(test), 26'703'247);
}

TEST_CASE("mnist: the sample of clothing in the library") {
  const auto [train, test] = load_clothing_sample();
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(frequency(train), std::vector<Index>(10, 50));
  CHECK_EQ(frequency(test), std::vector<Index>(10, 50));
  CHECK_EQ(sum_of_bytes(train), 28'022'220);
  CHECK_EQ(sum_of_bytes(test), 28'388'536);
}

TEST_CASE("mnist: the full set, where GRADUS_MNIST names its folder") {
  if (const char* folder = std::getenv("GRADUS_MNIST")) {
    const auto [train, test] = load_mnist(folder);
    CHECK_EQ(train.size(), 60000);
    CHECK_EQ(test.size(), 10000);
    CHECK_EQ(frequency(train)[1], 6742);
    CHECK_EQ(frequency(test)[1], 1135);
  }
}
