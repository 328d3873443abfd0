#include <gradus/autograd/transpose/transpose_kernel.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Tensor transposed(std::string_view context, const Tensor& x) {
  check<ShapeError>(x.shape().rank() == 2, "[{}] expected a matrix, got shape {}", context, x.shape());
  const Index rows = x.shape()[0];
  const Index columns = x.shape()[1];
  Tensor y = Tensor::empty({columns, rows});
  constexpr Index tile = 16;  // one cache line of floats
  for (Index r = 0; r < rows; r += tile) {
    for (Index c = 0; c < columns; c += tile) {
      for (Index i = r; i < std::min(rows, r + tile); ++i) {
        for (Index j = c; j < std::min(columns, c + tile); ++j) y.data()[j * rows + i] = x.data()[i * columns + j];
      }
    }
  }
  return y;
}

}  // namespace gradus::inline GRADUS_PRECISION
