// Images and labels in the format of MNIST.
#include "target.h"

#include <gradus/data/mnist/idx.h>

using namespace gradus;

void fuzz(Bytes bytes) {
  const auto try_to_read = [](auto read) {
    IdxArray array;
    if (!accepted([&] { array = read(); })) return;
    Index size = 1;
    for (const Index axis : array.sizes) size *= axis;
    require(size == std::ssize(array.bytes), "an array whose sizes are not those of its bytes");
  };
  try_to_read([&] { return read_idx_images("fuzz", bytes); });
  try_to_read([&] { return read_idx_labels("fuzz", bytes); });
}

void make_seeds() {
  using namespace std::string_view_literals;
  seed("\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03____________"sv);
  seed("\0\0\x08\x01\0\0\0\x05\0\x01\x02\x03\x09"sv);
}
