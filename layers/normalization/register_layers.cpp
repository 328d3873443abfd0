#include <gradus/layers/normalization/batch_renormalization.h>
#include <gradus/layers/normalization/group_normalization.h>
#include <gradus/layers/normalization/instance_normalization.h>
#include <gradus/layers/normalization/layer_normalization.h>
#include <gradus/layers/normalization/rms_normalization.h>
#include <gradus/layers/registry/registry.h>

namespace gradus::inline GRADUS_PRECISION {

/// Makes the layers of this topic known to `make_layer`; the build calls it.
void register_normalization_layers();

void register_normalization_layers() {
  register_layer("BatchRenormalization", layer_factory<BatchRenormalization, BatchRenormalizationOptions>());
  register_layer("GroupNormalization", layer_factory<GroupNormalization, GroupNormalizationOptions>());
  register_layer("InstanceNormalization", layer_factory<InstanceNormalization, InstanceNormalizationOptions>());
  register_layer("LayerNormalization", layer_factory<LayerNormalization, LayerNormalizationOptions>());
  register_layer("RMSNormalization", layer_factory<RMSNormalization, RMSNormalizationOptions>());
}

}  // namespace gradus::inline GRADUS_PRECISION
