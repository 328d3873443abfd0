#pragma once  // internal

#include <gradus/data/dataset.h>

#include <cstdint>
#include <span>
#include <string_view>

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

/// Images and labels of 10 classes in the format of MNIST, from two gzip files in memory, which are part of the
/// library.
Dataset read_sample(std::string_view name, std::span<const std::uint8_t> images, std::span<const std::uint8_t> labels);

}  // namespace gradus::inline GRADUS_PRECISION
