#include <gradus/layers/registry/registry.h>
#include <gradus/layers/standardization/standardize.h>

namespace gradus::inline GRADUS_PRECISION {

/// Makes the layer of this topic known to `make_layer`; the build calls it.
void register_standardization_layers();

void register_standardization_layers() {
  register_layer("Standardize", [](const Config& config) {
    ConfigReader(config).finish();
    return std::make_unique<Standardize>();
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
