#include <gradus/core/printing/printing.h>

#include <fmt/format.h>

namespace gradus::inline GRADUS_PRECISION {

namespace {

void append_text(std::string& text, const Real* data, const Shape& shape, int axis, Index stride) {
  if (axis == shape.rank()) {
    text += fmt::format("{:.6g}", *data);
    return;
  }
  constexpr Index shown = 3;  // at each end of a long axis
  const Index n = shape[axis];
  const Index inner = n == 0 ? 0 : stride / n;
  text += '[';
  for (Index i = 0; i < n; ++i) {
    if (i > 0) text += axis + 1 == shape.rank() ? ", " : ",\n" + std::string(static_cast<std::size_t>(axis) + 1, ' ');
    if (n > 2 * shown + 2 && i == shown) {
      text += "...";
      i = n - shown - 1;
      continue;
    }
    append_text(text, data + i * inner, shape, axis + 1, inner);
  }
  text += ']';
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "(empty)";
  std::string text;
  append_text(text, tensor.data(), tensor.shape(), 0, tensor.size());
  return text;
}

}  // namespace gradus::inline GRADUS_PRECISION

fmt::format_context::iterator fmt::formatter<gradus::Tensor>::format(const gradus::Tensor& tensor,
                                                                     fmt::format_context& context) const {
  return fmt::formatter<std::string_view>::format(to_string(tensor), context);
}
