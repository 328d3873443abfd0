#include <gradus/files/model_tensor.h>

#include <gradus/core/printable.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

void check_model_tensor(const std::string& path, const std::string& name, const Tensor& tensor, std::string_view cure) {
  const bool non_negative =
      name.ends_with("moving_variance") || name.ends_with("renorm_stddev") || name.ends_with("standard_deviation");
  for (const Real value : tensor.values()) {
    const bool finite = std::isfinite(value);
    if (finite && (!non_negative || value >= 0)) continue;
    check<FileError>(finite, "{}: expected finite values in {}, got {}; {}", path, printable(name), value, cure);
    check<FileError>(false, "{}: expected non-negative values in {}, got {}", path, printable(name), value);
  }
}

void check_model_state(const std::string& path, ConstNamedTensors state) {
  constexpr std::string_view cure = "the file is not written, as the training has failed";
  for (const NamedTensor& tensor : state) check_model_tensor(path, tensor.name(), tensor.value(), cure);
}

}  // namespace gradus::inline GRADUS_PRECISION
