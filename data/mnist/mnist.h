#pragma once

#include <gradus/data/digits_sample.h>

#include <filesystem>

namespace gradus::inline GRADUS_PRECISION {

/// MNIST (LeCun, Cortes, Burges): 60,000 + 10,000 gray images of digits, sample shape (784), 10 classes. The folder
/// holds four files, {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte; '.idx' and a final '.gz' are
/// allowed. Any number of images is accepted.
/// Throws FileError for missing and damaged files, images that are not 28 x 28, labels above 9 and counts that differ.
TrainTest load_mnist(const std::filesystem::path& folder);

}  // namespace gradus::inline GRADUS_PRECISION
