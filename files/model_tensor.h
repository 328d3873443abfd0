#pragma once  // internal

#include <gradus/core/tensor.h>

#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Throws FileError, with the file `path` and the cure, unless the values are finite and those of a variance are not
/// negative. Used before a model is written, and for what is read.
void check_model_tensor(const std::string& path, const std::string& name, const Tensor& tensor, std::string_view cure);

}  // namespace gradus::inline GRADUS_PRECISION
