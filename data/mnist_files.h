#pragma once  // internal

#include <gradus/data/mnist.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Reads the four IDX files of a data set in the format of MNIST. `cure` ends the error text for a missing file.
TrainTest load_mnist_files(const std::filesystem::path& folder, std::string_view cure);

}  // namespace gradus::inline GRADUS_PRECISION
