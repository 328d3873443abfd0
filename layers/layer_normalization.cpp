#include <gradus/layers/layer_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options)
    : SampleNormalization("layer_normalization", options, options.center) {}

Variable LayerNormalization::forward(const Variable& x, Mode) {
  return layer_normalization(x, gamma(), beta(), epsilon(), name());
}

}  // namespace gradus::inline GRADUS_PRECISION
