#pragma once

#include <gradus/core/real.h>

#include <fmt/core.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Base of all errors that a caller can cause. Texts read "[context] expected ..., got ...; cure".
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A tensor of the wrong rank or size.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An option or argument out of its range, or a name that does not exist.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A call at the wrong time: a tape walked twice, a layer used before it was built.
class StateError : public Error {
 public:
  using Error::Error;
};

/// A file that is missing, unreadable or not what it claims to be. The text starts with the path.
class FileError : public Error {
 public:
  using Error::Error;
};

/// Throws E with the formatted text unless `condition` holds. The text is only formatted on failure.
template <class E = ValueError, class... Args>
void check(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  if (!condition) [[unlikely]] {
    throw E(fmt::vformat(text, fmt::make_format_args(args...)));
  }
}

/// 1234567 -> "1,234,567", whatever the locale.
std::string with_separators(std::int64_t n);

}  // namespace gradus::inline GRADUS_PRECISION
