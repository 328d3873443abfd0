#pragma once

#include <gradus/core/random.h>
#include <gradus/core/shape.h>

#include <concepts>
#include <memory>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

/// A shape and shared storage, row-major and always contiguous; new storage is aligned to 64 bytes. Copying shares the
/// elements, `clone()` copies them; `reshape`, `rows` and `window` are views. A default-constructed tensor is empty: it
/// has no elements, and `defined()` is false.
///
/// Several threads: copies may be read at the same time; writing to shared elements is not synchronized.
class Tensor {
 public:
  Tensor() = default;

  /// Uninitialized elements, for results that are written completely.
  static Tensor empty(const Shape& shape);
  static Tensor full(const Shape& shape, Real value);
  static Tensor zeros(const Shape& shape) { return full(shape, 0); }
  static Tensor ones(const Shape& shape) { return full(shape, 1); }
  /// Row-major values. Throws ShapeError unless their number is that of the shape.
  static Tensor from(const Shape& shape, std::span<const Real> values);
  static Tensor from(const Shape& shape, std::initializer_list<Real> values);
  /// One axis: from({1, 2, 3}) has shape (3,). A template, so that {{1}, {2}} is read as rows.
  template <class = void>
  static Tensor from(std::initializer_list<Real> values) {
    return from({static_cast<Index>(values.size())}, values);
  }
  /// Two axes: from({{1, 2}, {3, 4}}). Throws ShapeError unless the rows have equal length.
  static Tensor from(std::initializer_list<std::initializer_list<Real>> rows);
  /// Uniform between low and high.
  static Tensor uniform(const Shape& shape, double low = 0, double high = 1,
                        Generator& generator = default_generator());
  static Tensor normal(const Shape& shape, double mean = 0, double standard_deviation = 1,
                       Generator& generator = default_generator());

  bool defined() const { return data_ != nullptr; }
  const Shape& shape() const { return shape_; }
  Index size() const { return defined() ? shape_.size() : 0; }
  Real* data() { return data_.get(); }
  const Real* data() const { return data_.get(); }
  /// All elements in order. Deleted for a temporary tensor, whose storage would be gone.
  std::span<Real> values() & { return {data(), static_cast<std::size_t>(size())}; }
  std::span<const Real> values() const& { return {data(), static_cast<std::size_t>(size())}; }
  std::span<const Real> values() const&& = delete;
  /// The only element. Throws ShapeError unless there is exactly one.
  Real item() const;
  /// The element at a position, one index per axis: x.at({i, j}), or x(i, j). Throws ShapeError if it is out of range.
  Real at(std::initializer_list<Index> position) const { return data_[offset_of(position)]; }
  template <std::integral... Indices>
  Real operator()(Indices... indices) const& {
    return at({static_cast<Index>(indices)...});
  }
  template <std::integral... Indices>
  Real& operator()(Indices... indices) & {
    return data_[offset_of({static_cast<Index>(indices)...})];
  }

  /// A copy with its own elements.
  Tensor clone() const;
  /// Overwrites the elements with those of a tensor of equal shape. Throws ShapeError for another shape.
  void copy_from(const Tensor& source);
  void fill(Real value);
  /// A view with another shape of equal size. In a list of sizes, one may be -1 and is inferred. Throws ShapeError
  /// unless the sizes agree.
  Tensor reshape(const Shape& shape) const;
  Tensor reshape(std::initializer_list<Index> sizes) const;
  /// A view of the rows [begin, end) of the first axis. Throws ShapeError for a range outside.
  Tensor rows(Index begin, Index end) const;
  /// A view of shape.size() consecutive elements from `offset`, with that shape. Throws ShapeError for a range outside.
  Tensor window(Index offset, const Shape& shape) const;
  /// Whether no other tensor shares the storage.
  bool unique() const { return data_.use_count() == 1; }

 private:
  Tensor(const Shape& shape, std::shared_ptr<Real[]> data) : shape_(shape), data_(std::move(data)) {}
  Index offset_of(std::initializer_list<Index> position) const;

  Shape shape_;
  std::shared_ptr<Real[]> data_;
};

}  // namespace gradus::inline GRADUS_PRECISION
