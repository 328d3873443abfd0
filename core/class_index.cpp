#include <gradus/core/class_index.h>

#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Index class_index(std::string_view context, const Tensor& labels, Index row, Index classes) {
  const Real label = labels.data()[row];
  check(label >= 0 && label < static_cast<Real>(classes) && label == std::floor(label),
        "[{}] expected labels 0 to {}, got {} in row {}", context, classes - 1, label, row);
  return static_cast<Index>(label);
}

}  // namespace gradus::inline GRADUS_PRECISION
