#include <gradus/autograd/matrix.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>
#include <gradus/core/matmul.h>

namespace gradus::inline GRADUS_PRECISION {

Variable matmul(const Variable& a, const Variable& b) {
  return record("matmul", matrix_product("matmul", a.value(), b.value()), {a, b},
                [a = a.value(), b = b.value()](const Tensor& dy, Gradients& d) {
                  if (d.wanted(0)) d.set(0, matrix_product("matmul", dy, b, Transpose::no, Transpose::yes));
                  if (d.wanted(1)) d.set(1, matrix_product("matmul", a, dy, Transpose::yes, Transpose::no));
                });
}

Variable reshape(const Variable& x, const Shape& shape) {
  return record("reshape", x.value().reshape(shape), {x},
                [original = x.shape()](const Tensor& dy, Gradients& d) { d.set(0, dy.reshape(original)); });
}

namespace {

/// Calls body(offset of the row) for all rows of y, in parallel.
template <class Body>
void for_rows(const Tensor& y, Body body) {
  const double cost = 2 + 3 * nanoseconds_per_element * static_cast<double>(y.shape()[1]);
  parallel_for(y.shape()[0], cost, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) body(r * y.shape()[1]);
  });
}

}  // namespace

Variable linear(const Variable& x, const Variable& kernel, const Variable& bias, const ActivationFunction* activation) {
  check<ShapeError>(x.shape().rank() == 2 && kernel.shape().rank() == 2 && x.shape()[1] == kernel.shape()[0],
                    "[linear] expected input (N, I) and kernel (I, O), got {} and {}", x.shape(), kernel.shape());
  const Index rows = x.shape()[0];
  const Index inputs = kernel.shape()[0];
  const Index units = kernel.shape()[1];
  check<ShapeError>(!bias.defined() || bias.shape() == Shape{units}, "[linear] expected a bias of shape ({},), got {}",
                    units, bias.shape());
  Tensor z = Tensor::empty({rows, units});
  multiply(Transpose::no, Transpose::no, rows, units, inputs, x.value().data(), kernel.value().data(), z.data());
  Tensor y = activation != nullptr && !activation->from_output ? Tensor::empty(z.shape()) : z;
  if (bias.defined() || activation != nullptr) {
    const Real* shift = bias.value_if_any().data();
    for_rows(z, [&](Index offset) {
      Real* sum = z.data() + offset;
      if (shift != nullptr) {
#pragma omp simd
        for (Index i = 0; i < units; ++i) sum[i] += shift[i];
      }
      if (activation != nullptr) activation->forward(sum, y.data() + offset, units, activation->parameter);
    });
  }
  const Tensor saved = activation == nullptr ? Tensor{} : activation->from_output ? y : z;
  const ActivationFunction function = activation == nullptr ? ActivationFunction{} : *activation;
  return record(
      "linear", y, {x, kernel, bias},
      [rows, inputs, units, function, saved, x = x.value(), kernel = kernel.value()](const Tensor& dy, Gradients& d) {
        Tensor dz = dy;
        if (saved.defined()) {
          dz = Tensor::empty(dy.shape());
          for_rows(dy, [&](Index offset) {
            function.backward(saved.data() + offset, dy.data() + offset, dz.data() + offset, units, function.parameter);
          });
        }
        if (d.wanted(2)) d.set(2, reduce_sum(dz, {true, false}).reshape({units}));
        if (d.wanted(1))
          multiply(Transpose::yes, Transpose::no, inputs, units, rows, x.data(), dz.data(), d.out(1).data());
        if (d.wanted(0))
          multiply(Transpose::no, Transpose::yes, rows, inputs, units, dz.data(), kernel.data(), d.out(0).data());
      });
}

}  // namespace gradus::inline GRADUS_PRECISION
