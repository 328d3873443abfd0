#include <gradus/layers/convolution/conv2d.h>
#include <gradus/layers/convolution/pooling.h>
#include <gradus/layers/convolution/reshape.h>
#include <gradus/layers/convolution/up_sampling.h>
#include <gradus/layers/registry/registry.h>

namespace gradus::inline GRADUS_PRECISION {

/// Makes the layers of this topic known to `make_layer`; the build calls it.
void register_convolution_layers();

namespace {

/// The factory of a layer that is made from a size and an options struct.
template <class L, class Options>
LayerFactory with_size(const char* name) {
  return [name](const Config& config) {
    ConfigReader reader(config);
    Size2D size = 1;
    Options options;
    visit_size(name, size, reader);
    visit(options, reader);
    reader.finish();
    return std::make_unique<L>(size, options);
  };
}

std::unique_ptr<Layer> make_conv2d(const Config& config) {
  ConfigReader reader(config);
  Index filters = 0;
  Size2D kernel_size = 1;
  Conv2DOptions options;
  reader("filters", filters);
  visit_size("kernel_size", kernel_size, reader);
  visit(options, reader);
  reader.finish();
  return std::make_unique<Conv2D>(filters, kernel_size, options);
}

std::unique_ptr<Layer> make_up_sampling(const Config& config) {
  ConfigReader reader(config);
  Size2D size = 1;
  visit_size("size", size, reader);
  reader.finish();
  return std::make_unique<UpSampling2D>(size);
}

std::unique_ptr<Layer> make_reshape(const Config& config) {
  ConfigReader reader(config);
  Shape shape;
  reader("shape", shape);
  reader.finish();
  return std::make_unique<Reshape>(shape);
}

template <class L>
std::unique_ptr<Layer> make_plain(const Config& config) {
  ConfigReader(config).finish();
  return std::make_unique<L>();
}

}  // namespace

void register_convolution_layers() {
  register_layer("AveragePooling2D", with_size<AveragePooling2D, AveragePooling2DOptions>("pool_size"));
  register_layer("Conv2D", make_conv2d);
  register_layer("DepthwiseConv2D", with_size<DepthwiseConv2D, Conv2DOptions>("kernel_size"));
  register_layer("GlobalAveragePooling2D", make_plain<GlobalAveragePooling2D>);
  register_layer("GlobalMaxPooling2D", make_plain<GlobalMaxPooling2D>);
  register_layer("MaxPooling2D", with_size<MaxPooling2D, Pooling2DOptions>("pool_size"));
  register_layer("Reshape", make_reshape);
  register_layer("UpSampling2D", make_up_sampling);
}

}  // namespace gradus::inline GRADUS_PRECISION
