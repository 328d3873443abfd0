#include <gradus/autograd/indexing/indexing.h>

#include <gradus/autograd/indexing/slice_kernels.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/class_index.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

int checked_axis(std::string_view context, const Shape& shape, int axis) {
  const int positive = axis < 0 ? axis + shape.rank() : axis;
  check<ShapeError>(positive >= 0 && positive < shape.rank(), "[{}] expected an axis of shape {}, got {}", context,
                    shape, axis);
  return positive;
}

}  // namespace

Variable concatenate(const std::vector<Variable>& parts, int axis) {
  check(!parts.empty(), "[concatenate] expected at least one part, got none");
  axis = checked_axis("concatenate", parts[0].shape(), axis);
  Index total = 0;
  for (const Variable& part : parts) {
    check<ShapeError>(
        part.shape().rank() == parts[0].shape().rank() && part.shape().with(axis, 0) == parts[0].shape().with(axis, 0),
        "[concatenate] expected shapes equal except along axis {}, got {} and {}", axis, parts[0].shape(),
        part.shape());
    total += part.shape()[axis];
  }
  Tensor y = Tensor::empty(parts[0].shape().with(axis, total));
  std::vector<Shape> shapes;
  Index begin = 0;
  for (const Variable& part : parts) {
    copy_slice_in(part.value(), y, axis, begin);
    begin += part.shape()[axis];
    shapes.push_back(part.shape());
  }
  const std::vector<std::reference_wrapper<const Variable>> inputs(parts.begin(), parts.end());
  return record("concatenate", y, Inputs(inputs), [axis, shapes](const Tensor& dy, Gradients& d) {
    Index from = 0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (d.wanted(i)) {
        Tensor dx = d.out(i);
        copy_slice_out(dy, dx, axis, from);
      }
      from += shapes[i][axis];
    }
  });
}

Variable slice(const Variable& x, int axis, Index begin, Index end) {
  axis = checked_axis("slice", x.shape(), axis);
  check<ShapeError>(0 <= begin && begin <= end && end <= x.shape()[axis],
                    "[slice] expected a range within axis {} of shape {}, got [{}, {})", axis, x.shape(), begin, end);
  Tensor y = Tensor::empty(x.shape().with(axis, end - begin));
  copy_slice_out(x.value(), y, axis, begin);
  return record("slice", y, {x}, [axis, begin](const Tensor& dy, Gradients& d) {
    Tensor dx = d.out(0);
    dx.fill(0);
    copy_slice_in(dy, dx, axis, begin);
  });
}

Variable rows(const Variable& x, Index begin, Index end) {
  return record("rows", x.value().rows(begin, end), {x}, [begin](const Tensor& dy, Gradients& d) {
    Tensor dx = d.out(0);
    dx.fill(0);
    copy_slice_in(dy, dx, 0, begin);
  });
}

Variable gather(const Variable& x, const Tensor& labels) {
  check<ShapeError>(x.shape().rank() == 2 && labels.shape() == Shape{x.shape()[0]},
                    "[gather] expected x (N, K) and labels (N), got {} and {}", x.shape(), labels.shape());
  const Index columns = x.shape()[1];
  Tensor y = Tensor::empty(labels.shape());
  for (Index i = 0; i < labels.size(); ++i) {
    y.data()[i] = x.value().data()[i * columns + class_index("gather", labels, i, columns)];
  }
  return record("gather", y, {x}, [labels, columns](const Tensor& dy, Gradients& d) {
    Tensor dx = d.out(0);
    dx.fill(0);
    for (Index i = 0; i < labels.size(); ++i)
      dx.data()[i * columns + static_cast<Index>(labels.data()[i])] = dy.data()[i];
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
