#include <gradus/autograd/transpose/transpose.h>

#include <gradus/autograd/tape.h>
#include <gradus/autograd/transpose/transpose_kernel.h>

namespace gradus::inline GRADUS_PRECISION {

Variable transpose(const Variable& x) {
  return record("transpose", transposed("transpose", x.value()), {x},
                [](const Tensor& dy, Gradients& d) { d.set(0, transposed("transpose", dy)); });
}

}  // namespace gradus::inline GRADUS_PRECISION
