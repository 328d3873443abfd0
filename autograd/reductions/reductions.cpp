#include <gradus/autograd/reductions/reductions.h>

#include <gradus/autograd/reductions/max_kernel.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/reduce.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr AxisFlags all_axes{true, true, true, true, true, true};

/// What the backward pass of a reduction needs to broadcast a gradient to the input.
struct Reduction {
  Reduction(const Variable& x, const AxisFlags& flags, KeepDims keep)
      : axes(flags),
        shape(x.shape()),
        kept(reduced_shape(shape, axes, KeepDims::yes)),
        result(reduced_shape(shape, axes, keep)),
        count(kept.size() == 0 ? 1 : static_cast<Real>(shape.size() / kept.size())) {}

  /// dy times `factor`, in the shape of the input.
  Tensor expand(const Tensor& dy, const Tensor& factor) const { return zip("reduce", dy.reshape(kept), factor, times); }
  Tensor expand(const Tensor& dy, Real factor) const { return expand(dy, Tensor::full(shape, factor)); }

  AxisFlags axes;
  Shape shape, kept, result;
  Real count;
};

Variable sum(const Variable& x, const AxisFlags& axes, KeepDims keep) {
  const Reduction over(x, axes, keep);
  return record("sum", reduce_sum(x.value(), axes).reshape(over.result), {x},
                [over](const Tensor& dy, Gradients& d) { d.set(0, over.expand(dy, 1)); });
}

Tensor mean_over(const Tensor& x, const Reduction& over) {
  return map(reduce_sum(x, over.axes), [n = over.count](Real s) { return s / n; });
}

Variable mean(const Variable& x, const AxisFlags& axes, KeepDims keep) {
  const Reduction over(x, axes, keep);
  return record("mean", mean_over(x.value(), over).reshape(over.result), {x},
                [over](const Tensor& dy, Gradients& d) { d.set(0, over.expand(dy, 1 / over.count)); });
}

Variable max(const Variable& x, const AxisFlags& axes, KeepDims keep) {
  const Reduction over(x, axes, keep);
  check<ShapeError>(x.value().size() > 0, "[max] expected at least one element, got shape {}", x.shape());
  const Tensor y = reduce_max(x.value(), axes);
  return record("max", y.reshape(over.result), {x}, [over, y, x = x.value()](const Tensor& dy, Gradients& d) {
    const Tensor is_max = zip("max", x, y, [](Real v, Real m) { return v == m ? Real{1} : Real{0}; });
    const Tensor share = zip("max", is_max, reduce_sum(is_max, over.axes), divide);
    d.set(0, over.expand(dy, share));
  });
}

Variable variance(const Variable& x, const AxisFlags& axes, KeepDims keep) {
  const Reduction over(x, axes, keep);
  // The difference from the maximum first: it is exact where the values are close to each other, and 0 where equal.
  const Tensor shifted = zip("variance", x.value(), reduce_max(x.value(), axes), minus);
  const Tensor centered = zip("variance", shifted, mean_over(shifted, over), minus);
  const Tensor y = mean_over(map(centered, [](Real v) { return v * v; }), over);
  return record("variance", y.reshape(over.result), {x}, [over, centered](const Tensor& dy, Gradients& d) {
    d.set(0, over.expand(dy, map(centered, [n = over.count](Real v) { return 2 * v / n; })));
  });
}

}  // namespace

Variable sum(const Variable& x, const Axes& axes, KeepDims keep) { return sum(x, axes.flags("sum", x.shape()), keep); }
Variable sum(const Variable& x) { return sum(x, all_axes, KeepDims::no); }

Variable mean(const Variable& x, const Axes& axes, KeepDims keep) {
  return mean(x, axes.flags("mean", x.shape()), keep);
}
Variable mean(const Variable& x) { return mean(x, all_axes, KeepDims::no); }

Variable max(const Variable& x, const Axes& axes, KeepDims keep) { return max(x, axes.flags("max", x.shape()), keep); }
Variable max(const Variable& x) { return max(x, all_axes, KeepDims::no); }

Variable variance(const Variable& x, const Axes& axes, KeepDims keep) {
  return variance(x, axes.flags("variance", x.shape()), keep);
}
Variable variance(const Variable& x) { return variance(x, all_axes, KeepDims::no); }

}  // namespace gradus::inline GRADUS_PRECISION
