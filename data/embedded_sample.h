#pragma once  // internal

#include <gradus/core/real.h>
#include <gradus/data/idx.h>
#include <gradus/data/mnist.h>

#include <cstdint>
#include <span>

// Embeds a file of the folder GRADUS_SAMPLES_DIR, which the build defines. The symbols contain the precision, as a
// program may link both libraries. They are hidden and not local, as link-time optimization may separate the assembly
// from the code that uses it.
#define GRADUS_QUOTE(x) #x
#define GRADUS_PREFIX(x) "gradus_" GRADUS_QUOTE(x) "_"
#define GRADUS_SYMBOL(name) GRADUS_PREFIX(GRADUS_PRECISION) #name
#define GRADUS_EMBED(name, file)                                                                                \
  __asm__(".pushsection .rodata\n.balign 64\n"                                                                \
          ".globl " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) "\n"                                   \
          ".hidden " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) "\n"                                  \
          ".type " GRADUS_SYMBOL(name) ", %object\n"                                                          \
          ".size " GRADUS_SYMBOL(name) ", " GRADUS_SYMBOL(name##_end) " - " GRADUS_SYMBOL(name) "\n"          \
          GRADUS_SYMBOL(name) ":\n.incbin \"" GRADUS_SAMPLES_DIR "/" file "\"\n" GRADUS_SYMBOL(name##_end) ":\n" \
          ".popsection\n"); \
  [[gnu::visibility("hidden")]] extern const std::uint8_t name[] __asm__(GRADUS_SYMBOL(name));                  \
  [[gnu::visibility("hidden")]] extern const std::uint8_t name##_end[] __asm__(GRADUS_SYMBOL(name##_end));

namespace gradus::inline GRADUS_PRECISION {

/// Images and labels of a data set in the format of MNIST, from two files in memory.
inline Dataset read_sample(const std::string& name, std::span<const std::uint8_t> images,
                           std::span<const std::uint8_t> labels) {
  return {read_idx_images(name, images).bytes, read_idx_labels(name, labels).bytes, {784}, 10};
}

}  // namespace gradus::inline GRADUS_PRECISION
