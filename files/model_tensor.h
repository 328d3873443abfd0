#pragma once  // internal

#include <gradus/autograd/parameter_list.h>

#include <string>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Throws FileError, with the file `path` and the cure, unless the values are finite and those of a variance are not
/// negative. For what is read.
void check_model_tensor(const std::string& path, const std::string& name, const Tensor& tensor, std::string_view cure);

/// The same for the parameters and buffers of a model, before it is written.
void check_model_state(const std::string& path, ConstNamedTensors state);

}  // namespace gradus::inline GRADUS_PRECISION
