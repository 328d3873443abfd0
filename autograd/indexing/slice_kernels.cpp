#include <gradus/autograd/indexing/slice_kernels.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// Calls copy(offset in whole, offset in part, length) for every contiguous run of the part.
template <class Copy>
void for_runs(const Shape& whole, const Shape& part, int axis, Index begin, Copy copy) {
  Index outer = 1;
  Index inner = 1;
  for (int i = 0; i < part.rank(); ++i) {
    if (i < axis) outer *= part[i];
    if (i > axis) inner *= part[i];
  }
  for (Index o = 0; o < outer; ++o) copy((o * whole[axis] + begin) * inner, o * part[axis] * inner, part[axis] * inner);
}

}  // namespace

void copy_slice_out(const Tensor& whole, Tensor& part, int axis, Index begin) {
  for_runs(whole.shape(), part.shape(), axis, begin,
           [&](Index from, Index to, Index n) { std::copy_n(whole.data() + from, n, part.data() + to); });
}

void copy_slice_in(const Tensor& part, Tensor& whole, int axis, Index begin) {
  for_runs(whole.shape(), part.shape(), axis, begin,
           [&](Index to, Index from, Index n) { std::copy_n(part.data() + from, n, whole.data() + to); });
}

}  // namespace gradus::inline GRADUS_PRECISION
