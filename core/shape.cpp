#include <gradus/core/shape.h>

#include <fmt/format.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Shape::Shape(std::initializer_list<Index> sizes) {
  for (const Index size : sizes) add(size);
}

void Shape::add(Index size) {
  constexpr Index max_bytes = Index{1} << 45;
  check<ShapeError>(rank_ < max_rank, "[shape] expected at most {} axes, got {} and one of size {}", int{max_rank},
                    *this, size);
  check<ShapeError>(size >= 0, "[shape] expected sizes of at least 0, got {} along axis {}", size, rank_);
  Index room = max_bytes / static_cast<Index>(sizeof(Real));
  for (const Index n : *this) room /= std::max<Index>(n, 1);
  sizes_[static_cast<std::size_t>(rank_++)] = size;
  if (size > room) {
    double bytes = sizeof(Real);
    for (const Index n : *this) bytes *= static_cast<double>(std::max<Index>(n, 1));
    throw ShapeError(fmt::format("[shape] expected at most {} bytes of elements, got {} with {:.4g} bytes", max_bytes,
                                 *this, bytes));
  }
}

void Shape::fail(int axis) const {
  throw ShapeError(fmt::format("[shape] expected an axis of {}, which has {}, got {}", *this, rank_, axis));
}

Shape Shape::append(Index size) const {
  Shape result = *this;
  result.add(size);
  return result;
}

Shape Shape::prepend(Index size) const {
  Shape result{size};
  for (const Index n : *this) result.add(n);
  return result;
}

Shape Shape::with(int axis, Index size) const {
  const std::size_t changed = position(axis);
  Shape result;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank_); ++i) result.add(i == changed ? size : sizes_[i]);
  return result;
}

Shape Shape::without_first() const {
  Shape result;
  if (rank_ > 0) std::copy(begin() + 1, end(), result.sizes_.begin());
  result.rank_ = std::max(rank_ - 1, 0);
  return result;
}

Shape Shape::without_last() const {
  Shape result = *this;
  if (rank_ > 0) result.sizes_[static_cast<std::size_t>(--result.rank_)] = 0;
  return result;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ", ", shape[i]);
  return text + (shape.rank() == 1 ? ",)" : ")");
}

Shape broadcast(std::string_view context, const Shape& a, const Shape& b) {
  if (a == b) return a;
  Shape result = a.rank() >= b.rank() ? a : b;
  const int common = std::min(a.rank(), b.rank());
  for (int i = 1; i <= common; ++i) {
    const Index n = a[-i];
    const Index m = b[-i];
    check<ShapeError>(n == m || n == 1 || m == 1,
                      "[{}] expected shapes that broadcast (equal or 1, from the last axis), got {} and {}", context, a,
                      b);
    result = result.with(-i, n == 1 ? m : n);
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION

fmt::format_context::iterator fmt::formatter<gradus::Shape>::format(const gradus::Shape& shape,
                                                                    fmt::format_context& context) const {
  return fmt::formatter<std::string_view>::format(to_string(shape), context);
}
