#include <gradus/data/images/fashion_mnist.h>

namespace gradus::inline GRADUS_PRECISION {

TrainTest load_fashion_mnist(const std::filesystem::path& folder) {
  std::error_code ignored;
  check<FileError>(
      std::filesystem::is_directory(folder, ignored),
      "{}: expected the folder of the Fashion-MNIST files, got none; name it, or on Debian apt-get install "
      "dataset-fashion-mnist",
      folder.string());
  return load_mnist(folder);
}

}  // namespace gradus::inline GRADUS_PRECISION
