#pragma once

#include <gradus/core/check.h>

#include <array>
#include <initializer_list>
#include <span>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// The sizes of a tensor along its axes, at most 6; {} is the shape of a scalar. Sizes can be 0. The product of the
/// other sizes is at most 2^45 bytes of elements in every shape, so that products of sizes never overflow.
///
/// Several threads: a value without shared state.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  /// Throws ShapeError for a negative size, more than 6 axes, or more than 2^45 bytes of elements, as do all functions
  /// that add or change a size.
  Shape(std::initializer_list<Index> sizes);

  int rank() const { return rank_; }
  /// Number of elements, the product of all sizes.
  Index size() const {
    Index product = 1;
    for (const Index n : *this) product *= n;
    return product;
  }
  /// Size along an axis; negative axes count from the last (-1). Throws ShapeError for an axis that does not exist.
  Index operator[](int axis) const { return sizes_[position(axis)]; }

  const Index* begin() const { return sizes_.data(); }
  const Index* end() const { return sizes_.data() + rank_; }

  /// This shape with an axis added at the end, or at the front.
  Shape append(Index size) const;
  Shape prepend(Index size) const;
  /// This shape with another size along one axis.
  Shape with(int axis, Index size) const;
  /// This shape without its first, or its last axis.
  Shape without_first() const;
  Shape without_last() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    bool equal = a.rank_ == b.rank_;
    for (std::size_t i = 0; i < max_rank; ++i) equal &= a.sizes_[i] == b.sizes_[i];  // faster than memcmp
    return equal;
  }

 private:
  std::size_t position(int axis) const {
    const int positive = axis < 0 ? axis + rank_ : axis;
    if (positive < 0 || positive >= rank_) [[unlikely]] {
      fail(axis);
    }
    return static_cast<std::size_t>(positive);
  }
  [[noreturn]] void fail(int axis) const;
  void add(Index size);

  std::array<Index, max_rank> sizes_{};  // 0 beyond the rank
  int rank_ = 0;
};

/// "(64, 10)", "(5,)", "()".
std::string to_string(const Shape& shape);

/// The shape that two operands broadcast to, by numpy's rule: aligned at the last axis, sizes equal or 1.
/// Throws ShapeError with [context] if there is none.
Shape broadcast(std::string_view context, const Shape& a, const Shape& b);

/// One flag per axis: whether a reduction includes it.
using AxisFlags = std::array<bool, Shape::max_rank>;

}  // namespace gradus::inline GRADUS_PRECISION

/// Accepts the format options of a string: fmt::print("{:>12}", shape).
template <>
struct fmt::formatter<gradus::Shape> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(const gradus::Shape& shape, fmt::format_context& context) const;
};
