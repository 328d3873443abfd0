#pragma once

#include <gradus/autograd/parameter.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

/// Neighbouring elements of one parameter.
struct Segment {
  Parameter& parameter;
  Index begin;     ///< the first of them within the parameter
  Index size;      ///< how many
  Index position;  ///< the first of them within all parameters, each starting with a block of its own
};

/// All parameters together are dealt out to threads in blocks of this many elements: whole cache lines, so that no two
/// threads write to the same one, and borders that depend on the sizes alone, wherever each parameter is stored.
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

/// Calls body(segment) for every part of a trainable parameter within the blocks [first, last). Frozen parameters are
/// passed over, but keep their blocks.
template <class Body>
void for_segments(Parameters parameters, Index first, Index last, Body body) {
  Index start = 0;
  for (Parameter& parameter : parameters) {
    const Index begin = std::max<Index>(0, first * segment_block - start);
    const Index end = std::min(parameter.value().size(), last * segment_block - start);
    if (begin < end && parameter.trainable()) body(Segment{parameter, begin, end - begin, start + begin});
    start += blocks_of(parameter) * segment_block;
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
