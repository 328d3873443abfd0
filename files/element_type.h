#pragma once  // internal

#include <gradus/core/tensor.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// A type of elements in files, little-endian.
struct ElementType {
  std::string_view safetensors;  ///< its name in safetensors files
  std::string_view numpy;        ///< in NumPy's files; empty if NumPy has no such type
  std::size_t size;              ///< bytes of an element
  /// Converts as many elements as `to` has. Returns the text of the first that Real does not hold exactly, where it
  /// stops, or "". F64 is rounded instead, which is what reading doubles into a float build means.
  std::string (*convert)(const std::byte* from, std::span<Real> to);
};

/// All types, for error texts: "F64, F32, F16, ...".
std::string safetensors_types();
std::string numpy_types();

/// Null if there is no such type.
const ElementType* find_safetensors_type(std::string_view name);
const ElementType* find_numpy_type(std::string_view name);

/// The type of Real.
const ElementType& real_type();

/// Fills its argument with the next bytes of a file, or throws.
using ReadBytes = std::function<void(std::span<std::byte>)>;

/// Reads all elements of `to`. Throws FileError with `context` for a value that Real does not hold exactly.
void read_elements(const ElementType& type, const ReadBytes& read, bool big_endian, const std::string& context,
                   Tensor& to);

}  // namespace gradus::inline GRADUS_PRECISION
