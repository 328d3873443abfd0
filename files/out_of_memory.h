#pragma once  // internal

#include <gradus/core/check.h>

#include <filesystem>
#include <new>

namespace gradus::inline GRADUS_PRECISION {

/// Calls `body`. Memory that the system refuses becomes a FileError that names the file.
template <class Body>
auto naming_file(const std::filesystem::path& path, const Body& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    throw FileError(path.string() + ": expected memory to read or write it, got none; end other programs");
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
