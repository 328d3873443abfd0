#pragma once  // internal

#include <gradus/autograd/parameter_list.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

/// Neighbouring elements of one parameter.
struct Segment {
  Parameter& parameter;
  Index begin;     ///< the first of them within the parameter
  Index size;      ///< how many
  Index position;  ///< the first of them within all parameters, each starting with a block of its own
};

/// Parameters are dealt out to threads in blocks of this many elements: whole cache lines, so that no two threads write
/// to the same one, and borders that depend on the sizes alone, wherever each parameter is stored.
constexpr Index segment_block = 16;

inline Index blocks_of(const Parameter& parameter) {
  return (parameter.value().size() + segment_block - 1) / segment_block;
}

/// How many blocks the parameters fill. Throws ShapeError, with `place`, unless every trainable one has a gradient of
/// its own shape.
inline Index count_blocks(std::string_view place, Parameters parameters) {
  Index blocks = 0;
  for (const Parameter& parameter : parameters) {
    check<ShapeError>(!parameter.trainable() || parameter.gradient().shape() == parameter.shape(),
                      "[{}] expected a gradient of shape {} for '{}', got {}", place, parameter.shape(),
                      parameter.name(), parameter.gradient().shape());
    blocks += blocks_of(parameter);
  }
  return blocks;
}

/// Every parameter is cut into as many shares, so that the same thread has the same rows of a weight in one pass after
/// the other, and finds them in its cache. What is not worth cutting belongs to the first share as a whole.
///
/// Calls body(segment) for the shares [first, last) of all trainable parameters. Frozen ones are passed over, but keep
/// their blocks.
template <class Body>
void for_segments(Parameters parameters, Index first, Index last, Index shares, Body body) {
  constexpr Index fewest_blocks = 1024;
  Index start = 0;
  for (Parameter& parameter : parameters) {
    const Index blocks = blocks_of(parameter);
    const bool cut = blocks >= fewest_blocks;
    const Index begin = cut ? blocks * first / shares : first == 0 ? 0 : blocks;
    const Index end = cut ? blocks * last / shares : blocks;
    if (begin < end && parameter.trainable()) {
      const Index position = begin * segment_block;
      body(Segment{parameter, position, std::min(parameter.value().size(), end * segment_block) - position,
                   start + position});
    }
    start += blocks * segment_block;
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
