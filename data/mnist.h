#pragma once

#include <gradus/data/dataset.h>

#include <filesystem>

namespace gradus::inline GRADUS_PRECISION {

struct TrainTest {
  Dataset train;
  Dataset test;
};

/// MNIST (LeCun, Cortes, Burges): 60,000 + 10,000 grey images of digits, sample shape (784), 10 classes. The folder
/// holds the four files, {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, also spelt with '.idx'
/// and with '.gz' at the end. Any number of images will do.
/// Throws FileError for a missing or damaged file, for images that are not 28 x 28, labels above 9, and counts that
/// differ.
TrainTest load_mnist(const std::filesystem::path& folder);

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): the same files, with articles of clothing. By default from the Debian
/// package dataset-fashion-mnist.
TrainTest load_fashion_mnist(const std::filesystem::path& folder = "/usr/share/datasets/fashion-mnist");

/// 6,000 + 1,000 images of MNIST that are part of the library, the classes equally frequent; see data/digits/README.md.
TrainTest load_digits_sample();

/// 500 + 500 images of Fashion-MNIST that are part of the library, the classes equally frequent; see
/// data/images/clothing/README.md.
TrainTest load_clothing_sample();

}  // namespace gradus::inline GRADUS_PRECISION
