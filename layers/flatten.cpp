#include <gradus/layers/flatten.h>

#include <gradus/autograd/matrix.h>

namespace gradus::inline GRADUS_PRECISION {

Variable Flatten::forward(const Variable& x, Mode) {
  return reshape(x, {x.shape()[0], x.shape().without_first().size()});
}

}  // namespace gradus::inline GRADUS_PRECISION
