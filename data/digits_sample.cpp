#include <gradus/data/idx.h>
#include <gradus/data/mnist.h>

// GRADUS_DIGITS_DIR, the folder of the four files, comes from the build. The symbols carry the precision in their
// names, as a program may link both libraries; they are hidden rather than local, as link-time optimization may part
// the assembly from the code that names them.
#define GRADUS_QUOTE(x) #x
#define GRADUS_PREFIX(x) "gradus_" GRADUS_QUOTE(x) "_"
#define GRADUS_SYMBOL(name) GRADUS_PREFIX(GRADUS_PRECISION) #name
#define GRADUS_EMBED(name, file)                                                                                \
  __asm__(".pushsection .rodata\n.balign 64\n"                                                                \
          ".globl " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) "\n"                                   \
          ".hidden " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) "\n"                                  \
          ".type " GRADUS_SYMBOL(name) ", %object\n"                                                          \
          ".size " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) " - " GRADUS_SYMBOL(name) "\n"          \
          GRADUS_SYMBOL(name) ":\n.incbin \"" GRADUS_DIGITS_DIR "/" file "\"\n" GRADUS_SYMBOL(name##_end) ":\n" \
          ".popsection\n"); \
  [[gnu::visibility("hidden")]] extern const std::uint8_t name[] __asm__(GRADUS_SYMBOL(name));                  \
  [[gnu::visibility("hidden")]] extern const std::uint8_t name##_end[] __asm__(GRADUS_SYMBOL(name##_end));

namespace gradus::inline GRADUS_PRECISION {

GRADUS_EMBED(train_images, "train-images-idx3-ubyte.gz")
GRADUS_EMBED(train_labels, "train-labels-idx1-ubyte.gz")
GRADUS_EMBED(test_images, "t10k-images-idx3-ubyte.gz")
GRADUS_EMBED(test_labels, "t10k-labels-idx1-ubyte.gz")

TrainTest load_digits_sample() {
  const auto load = [](std::span<const std::uint8_t> images, std::span<const std::uint8_t> labels) -> Dataset {
    return {read_idx_images("digits sample", images).bytes, read_idx_labels("digits sample", labels).bytes, {784}, 10};
  };
  return {load({train_images, train_images_end}, {train_labels, train_labels_end}),
          load({test_images, test_images_end}, {test_labels, test_labels_end})};
}

}  // namespace gradus::inline GRADUS_PRECISION
