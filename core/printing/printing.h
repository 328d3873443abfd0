#pragma once

#include <gradus/core/tensor.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Nested brackets with up to 6 significant digits; long axes are shortened in the middle.
std::string to_string(const Tensor& tensor);

}  // namespace gradus::inline GRADUS_PRECISION

/// Accepts the format options of a string: fmt::print("{:>12}", tensor).
template <>
struct fmt::formatter<gradus::Tensor> : fmt::formatter<std::string_view> {
  fmt::format_context::iterator format(const gradus::Tensor& tensor, fmt::format_context& context) const;
};
