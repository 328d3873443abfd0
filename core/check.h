#pragma once

#include <gradus/core/real.h>

#include <fmt/core.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Base class of all errors that a caller can cause. Message format: "[context] expected ..., got ...; what to do".
/// The message may name what a file contains: it is safe for terminals, see `escaped`.
///
/// Several threads: errors are immutable.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& text);
};

/// Wrong rank or size of a tensor.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An option or argument out of range, or an unknown name.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A call in the wrong state: a second walk of a tape, a layer used before it is built.
class StateError : public Error {
 public:
  using Error::Error;
};

/// A file that is missing, unreadable or malformed. The message starts with the path.
class FileError : public Error {
 public:
  using Error::Error;
};

/// Throws E with the formatted message unless `condition` holds. The message is formatted only on failure.
template <class E = ValueError, class... Args>
void check(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  if (!condition) [[unlikely]] {
    throw E(fmt::vformat(text, fmt::make_format_args(args...)));
  }
}

/// 1234567 -> "1,234,567", independent of the locale.
std::string with_separators(std::int64_t n);

}  // namespace gradus::inline GRADUS_PRECISION
