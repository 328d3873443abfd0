#include <gradus/data/images/fashion_mnist.h>

#include <gradus/data/mnist_files.h>

namespace gradus::inline GRADUS_PRECISION {

TrainTest load_fashion_mnist(const std::filesystem::path& folder) {
  return load_mnist_files(folder,
                          "name the folder of the Fashion-MNIST files (Debian: apt-get install dataset-fashion-mnist)");
}

}  // namespace gradus::inline GRADUS_PRECISION
