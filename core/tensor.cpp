#include <gradus/core/tensor.h>

#include <gradus/core/storage.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Tensor Tensor::empty(const Shape& shape) { return {shape, allocate_storage(shape)}; }

Tensor Tensor::full(const Shape& shape, Real value) {
  Tensor result = empty(shape);
  result.fill(value);
  return result;
}

Tensor Tensor::from(const Shape& shape, std::span<const Real> values) {
  check<ShapeError>(static_cast<Index>(values.size()) == shape.size(), "[from] expected {} values for shape {}, got {}",
                    shape.size(), shape, values.size());
  Tensor result = empty(shape);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

Tensor Tensor::from(const Shape& shape, std::initializer_list<Real> values) {
  return from(shape, std::span(values.begin(), values.size()));
}

Tensor Tensor::from(std::initializer_list<std::initializer_list<Real>> rows) {
  const std::size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
  Tensor result = empty({static_cast<Index>(rows.size()), static_cast<Index>(columns)});
  Real* out = result.data();
  for (const auto& row : rows) {
    check<ShapeError>(row.size() == columns, "[from] expected rows of equal length, got {} and {}", columns,
                      row.size());
    out = std::copy(row.begin(), row.end(), out);
  }
  return result;
}

Tensor Tensor::uniform(const Shape& shape, double low, double high, Generator& generator) {
  Tensor result = empty(shape);
  for (Real& value : result.values()) value = static_cast<Real>(low + (high - low) * generator.uniform());
  return result;
}

Tensor Tensor::normal(const Shape& shape, double mean, double standard_deviation, Generator& generator) {
  Tensor result = empty(shape);
  for (Real& value : result.values()) value = static_cast<Real>(mean + standard_deviation * generator.normal());
  return result;
}

Real Tensor::item() const {
  check<ShapeError>(size() == 1, "[item] expected a tensor of one element, got shape {}", shape_);
  return data_[0];
}

Index Tensor::offset_of(std::initializer_list<Index> position) const {
  check<ShapeError>(defined(), "[at] expected a tensor with elements, got an empty one");
  check<ShapeError>(static_cast<int>(position.size()) == shape_.rank(), "[at] expected {} indices for shape {}, got {}",
                    shape_.rank(), shape_, position.size());
  Index offset = 0;
  int axis = 0;
  for (const Index i : position) {
    check<ShapeError>(i >= 0 && i < shape_[axis], "[at] expected an index below {} along axis {}, got {}", shape_[axis],
                      axis, i);
    offset = offset * shape_[axis] + i;
    ++axis;
  }
  return offset;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor result = empty(shape_);
  std::copy_n(data(), size(), result.data());
  return result;
}

void Tensor::copy_from(const Tensor& source) {
  check<ShapeError>(source.shape() == shape_ && source.size() == size(), "[copy_from] expected shape {}, got {}{}",
                    shape_, source.shape(), source.defined() ? "" : " without elements");
  std::copy_n(source.data(), size(), data());
}

void Tensor::fill(Real value) { std::fill_n(data(), size(), value); }

Tensor Tensor::reshape(const Shape& shape) const {
  check<ShapeError>(shape.size() == size(), "[reshape] expected a shape of {} elements like {}, got {}", size(), shape_,
                    shape);
  return {shape, data_};
}

Tensor Tensor::reshape(std::initializer_list<Index> sizes) const {
  Shape shape;
  Index known = 1;
  int inferred = -1;  // the axis of the -1
  for (const Index n : sizes) {
    check<ShapeError>(n >= 0 || (n == -1 && inferred < 0),
                      "[reshape] expected sizes of at least 0 and at most one -1, got {}", n);
    if (n == -1) inferred = shape.rank();
    shape = shape.append(n == -1 ? 1 : n);
    if (n != -1) known *= n;
  }
  if (inferred >= 0 && known > 0) shape = shape.with(inferred, size() / known);
  return reshape(shape);
}

Tensor Tensor::rows(Index begin, Index end) const {
  check<ShapeError>(shape_.rank() > 0 && 0 <= begin && begin <= end && end <= shape_[0],
                    "[rows] expected a range within the first axis of {}, got [{}, {})", shape_, begin, end);
  const Index row = shape_[0] == 0 ? 0 : size() / shape_[0];
  return window(begin * row, shape_.with(0, end - begin));
}

Tensor Tensor::window(Index offset, const Shape& shape) const {
  check<ShapeError>(offset >= 0 && offset <= size() - shape.size(),
                    "[window] expected a window within {} elements, got {} at offset {}", size(), shape.size(), offset);
  return {shape, std::shared_ptr<Real[]>(data_, data_.get() + offset)};
}

}  // namespace gradus::inline GRADUS_PRECISION
