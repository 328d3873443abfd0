#include <gradus/data/digits_sample.h>

#include <gradus/data/embedded_sample.h>

namespace gradus::inline GRADUS_PRECISION {

GRADUS_EMBED(digits_train_images, "digits/train-images-idx3-ubyte.gz")
GRADUS_EMBED(digits_train_labels, "digits/train-labels-idx1-ubyte.gz")
GRADUS_EMBED(digits_test_images, "digits/t10k-images-idx3-ubyte.gz")
GRADUS_EMBED(digits_test_labels, "digits/t10k-labels-idx1-ubyte.gz")

TrainTest load_digits_sample() {
  return {read_sample("digits sample", {digits_train_images, digits_train_images_end},
                      {digits_train_labels, digits_train_labels_end}),
          read_sample("digits sample", {digits_test_images, digits_test_images_end},
                      {digits_test_labels, digits_test_labels_end})};
}

}  // namespace gradus::inline GRADUS_PRECISION
