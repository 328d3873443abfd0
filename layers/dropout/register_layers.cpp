#include <gradus/layers/dropout/dropout.h>
#include <gradus/layers/registry/registry.h>

namespace gradus::inline GRADUS_PRECISION {

/// Makes the layer of this topic known to `make_layer`; the build calls it.
void register_dropout_layers();

void register_dropout_layers() { register_layer("Dropout", layer_factory<Dropout, double>("rate")); }

}  // namespace gradus::inline GRADUS_PRECISION
