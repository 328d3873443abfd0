#pragma once  // internal

#include <gradus/files/element_type.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// The bytes of a .npy file before the elements of a tensor.
std::string npy_header(const Tensor& tensor);

/// Reads the content of a .npy file, which has `size` bytes. Throws FileError with `context`. The shape is compared
/// with the size before memory is allocated.
Tensor read_npy_array(const std::string& context, std::size_t size, const ReadBytes& read);

}  // namespace gradus::inline GRADUS_PRECISION
