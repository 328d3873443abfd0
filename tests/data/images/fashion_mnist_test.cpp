#include <gradus/data/images/fashion_mnist.h>

#include "data/mnist/small_mnist.h"
#include "support/compare.h"

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("fashion_mnist: a folder in the format of MNIST") {
  const SmallMnist files;
  const auto [train, test] = load_fashion_mnist(files.folder.path());
  CHECK_EQ(train.size(), 3);
  CHECK_EQ(test.size(), 2);
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(train.classes(), 10);
}

TEST_CASE("fashion_mnist: missing files") {
  CHECK_EQ(error_text<FileError>([] { load_fashion_mnist("/nowhere/fashion"); }),
           "/nowhere/fashion: expected the folder of the Fashion-MNIST files, got none; name it, or on Debian apt-get "
           "install dataset-fashion-mnist");
}

TEST_CASE("fashion_mnist: the built-in sample") {
  const auto [train, test] = load_clothing_sample();
  CHECK_EQ(train.sample_shape(), Shape{784});
  CHECK_EQ(frequency(train), std::vector<Index>(10, 50));
  CHECK_EQ(frequency(test), std::vector<Index>(10, 50));
  CHECK_EQ(sum_of_bytes(train), 28'022'220);
  CHECK_EQ(sum_of_bytes(test), 28'388'536);
}
