#pragma once

#include <gradus/data/mnist/mnist.h>

namespace gradus::inline GRADUS_PRECISION {

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): images of clothing in the files and shapes of MNIST, with the errors of
/// load_mnist. The default folder is that of the Debian package dataset-fashion-mnist.
TrainTest load_fashion_mnist(const std::filesystem::path& folder = "/usr/share/datasets/fashion-mnist");

/// 500 + 500 images of Fashion-MNIST built into the library, with equally frequent classes; see
/// data/images/clothing/README.md.
TrainTest load_clothing_sample();

}  // namespace gradus::inline GRADUS_PRECISION
