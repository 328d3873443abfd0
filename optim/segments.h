#pragma once  // internal

#include <gradus/autograd/parameter_list.h>
#include <gradus/core/check.h>

#include <algorithm>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Parameters are cut at multiples of this many elements: whole cache lines, so that no two threads write to the same
/// one. The cuts depend on sizes only, not on addresses.
constexpr Index segment_block = 16;

inline Index count_blocks(const Parameter& parameter) {
  return (parameter.value().size() + segment_block - 1) / segment_block;
}

/// Elements of the parameter, padded to whole blocks.
inline Index padded_size(const Parameter& parameter) { return count_blocks(parameter) * segment_block; }

inline Index padded_size(Parameters parameters) {
  Index size = 0;
  for (const Parameter& parameter : parameters) size += padded_size(parameter);
  return size;
}

/// Throws, with [context], ShapeError unless the gradient of every trainable parameter has the parameter's shape,
/// StateError unless those that no step has used come from one backward pass. Whether there are any of these.
inline bool check_gradients(std::string_view context, Parameters parameters) {
  const Parameter* first = nullptr;
  bool any = false;
  for (const Parameter& parameter : parameters) {
    if (!parameter.trainable() || !parameter.has_gradient()) continue;
    check<ShapeError>(parameter.gradient().shape() == parameter.shape(),
                      "[{}] expected a gradient of shape {} for '{}', got {}", context, parameter.shape(),
                      parameter.name(), parameter.gradient().shape());
    if (!parameter.has_unused_gradient()) continue;
    any = true;
    if (parameter.gradient_pass() == Parameter::any_pass) continue;
    if (first == nullptr) first = &parameter;
    check<StateError>(first->gradient_pass() == parameter.gradient_pass(),
                      "[{}] expected gradients of one backward pass, got those of '{}' and '{}' from different ones; "
                      "add to earlier gradients by backward(loss, {{.accumulate = true}}), or drop those of a skipped "
                      "step by clear_gradients(parameters)",
                      context, first->name(), parameter.name());
  }
  return any;
}

/// Elements [begin, end) of one parameter.
struct Segment {
  Index begin = 0;
  Index end = 0;
};

/// The elements of a parameter that belong to chunks [first, last) of `chunks`; none if the parameter is frozen.
///
/// Every large parameter is cut into all chunks, so that in every pass a thread has the same rows of a weight and finds
/// them in its cache. A small parameter belongs to chunk 0.
inline Segment find_segment(const Parameter& parameter, Index first, Index last, Index chunks) {
  constexpr Index min_blocks = 1024;  // of a large parameter
  if (!parameter.trainable()) return {};
  const Index size = parameter.value().size();
  const Index blocks = count_blocks(parameter);
  if (blocks < min_blocks) return {0, first == 0 ? size : 0};
  return {blocks * first / chunks * segment_block, std::min(size, blocks * last / chunks * segment_block)};
}

}  // namespace gradus::inline GRADUS_PRECISION
