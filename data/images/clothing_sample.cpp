#include <gradus/data/images/fashion_mnist.h>

#include <gradus/data/embedded_sample.h>

namespace gradus::inline GRADUS_PRECISION {

GRADUS_EMBED(clothing_train_images, "images/clothing/train-images-idx3-ubyte.gz")
GRADUS_EMBED(clothing_train_labels, "images/clothing/train-labels-idx1-ubyte.gz")
GRADUS_EMBED(clothing_test_images, "images/clothing/t10k-images-idx3-ubyte.gz")
GRADUS_EMBED(clothing_test_labels, "images/clothing/t10k-labels-idx1-ubyte.gz")

TrainTest load_clothing_sample() {
  return {read_sample("clothing sample", {clothing_train_images, clothing_train_images_end},
                      {clothing_train_labels, clothing_train_labels_end}),
          read_sample("clothing sample", {clothing_test_images, clothing_test_images_end},
                      {clothing_test_labels, clothing_test_labels_end})};
}

}  // namespace gradus::inline GRADUS_PRECISION
