#include <gradus/files/onnx/onnx.h>

#include <gradus/core/arithmetic/permuted.h>
#include <gradus/core/names.h>
#include <gradus/files/atomic_file.h>
#include <gradus/files/model_tensor.h>
#include <gradus/layers/convolution/window.h>
#include <gradus/layers/registry/config_reader.h>
#include <gradus/layers/sequential.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

using Name = std::string;

// --- what the translations share -----------------------------------------------------------------------------------

int axes_of(const Layer& layer) { return layer.input_shape().rank() + 1; }

/// A parameter or buffer by its name within the layer; empty if there is none.
Tensor tensor_of(const Layer& layer, std::string_view name) {
  for (const NamedTensor& tensor : layer.state()) {
    const std::string_view full = tensor.name();
    if (full.substr(full.rfind('.') + 1) == name) return tensor.value();
  }
  return {};
}

/// The same as a constant, or as many times `otherwise` as there are channels.
Name channel_constant(OnnxGraph& graph, const Layer& layer, const char* name, Real otherwise) {
  const Tensor value = tensor_of(layer, name);
  return graph.constant(name, value.defined() ? value : Tensor::full({layer.input_shape()[-1]}, otherwise));
}

/// An option of the configuration, which has it.
template <class T>
T option(const Layer& layer, const char* name) {
  T value{};
  const Config config = layer.config();
  ConfigReader reader(config);
  reader(name, value);
  return value;
}

Size2D size_option(const Layer& layer, const char* name) {
  const auto size = option<Shape>(layer, name);
  return {size[0], size[1]};
}

std::vector<Index> sizes(const Shape& sample) {
  std::vector<Index> result{-1};  // the batch
  result.insert(result.end(), sample.begin(), sample.end());
  return result;
}

// --- activations ---------------------------------------------------------------------------------------------------

Name silu(OnnxGraph& graph, const Name& x) { return graph.add("Mul", {x, graph.add("Sigmoid", {x})}); }

/// x (1 + erf(x / sqrt(2))) / 2. The operator Gelu is younger than the opset.
Name gelu(OnnxGraph& graph, const Name& x) {
  const auto number = [&](const char* name, double value) {
    return graph.constant(name, Tensor::full({}, static_cast<Real>(value)));
  };
  const Name erf = graph.add("Erf", {graph.add("Mul", {x, number("sqrt_half", 0.70710678118654752440)})});
  const Name twice = graph.add("Mul", {x, graph.add("Add", {erf, number("one", 1)})});
  return graph.add("Mul", {twice, number("half", 0.5)});
}

struct Function {
  std::string_view name;
  Name (*translate)(OnnxGraph& graph, const Name& x);
};

/// All but softmax, which is not elementwise.
constexpr Function functions[] = {
    {"linear", [](OnnxGraph&, const Name& x) { return x; }},
    {"relu", [](OnnxGraph& graph, const Name& x) { return graph.add("Relu", {x}); }},
    {"leaky_relu",
     [](OnnxGraph& graph, const Name& x) {
       return graph.add("LeakyRelu", {x}, {{"alpha", 0.2F}});
     }},
    {"elu",
     [](OnnxGraph& graph, const Name& x) {
       return graph.add("Elu", {x}, {{"alpha", 1.0F}});
     }},
    {"sigmoid", [](OnnxGraph& graph, const Name& x) { return graph.add("Sigmoid", {x}); }},
    {"tanh", [](OnnxGraph& graph, const Name& x) { return graph.add("Tanh", {x}); }},
    {"softplus", [](OnnxGraph& graph, const Name& x) { return graph.add("Softplus", {x}); }},
    {"gelu", gelu},
    {"silu", silu},
};

Name apply(OnnxGraph& graph, std::string_view function, const Name& x) {
  const auto* found = find_name("export_onnx", "activation", function, functions, &Function::name);
  return graph.elementwise(x, [&](const Name& value) { return found->translate(graph, value); });
}

Name activation(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const auto function = option<std::string>(layer, "function");
  if (function == "softmax") return graph.add("Softmax", {x}, {{"axis", Index{-1}}});
  return apply(graph, function, x);
}

// --- dense layers and shapes ---------------------------------------------------------------------------------------

Name unchanged(OnnxGraph&, const Layer&, const Name& x) { return x; }

Name sequential(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const auto& model = dynamic_cast<const Sequential&>(layer);
  Name y = x;
  for (std::size_t i = 0; i < model.size(); ++i) y = graph.translate(model[i], y);
  return y;
}

Name dense(OnnxGraph& graph, const Layer& layer, const Name& x) {
  std::vector<Name> inputs{x, graph.constant("kernel", tensor_of(layer, "kernel"))};
  const Tensor bias = tensor_of(layer, "bias");
  if (bias.defined()) inputs.push_back(graph.constant("bias", bias));
  return apply(graph, option<std::string>(layer, "activation"), graph.add("Gemm", inputs));
}

Name reshape(OnnxGraph& graph, const Layer& layer, const Name& x) {
  return graph.add("Reshape", {x, graph.constant("shape", sizes(layer.output_shape()))});
}

Name standardize(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Name centered = graph.add("Sub", {x, graph.constant("mean", tensor_of(layer, "mean"))});
  return graph.add("Div", {centered, graph.constant("standard_deviation", tensor_of(layer, "standard_deviation"))});
}

// --- normalization -------------------------------------------------------------------------------------------------

Name batch_normalization(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Name y = graph.add(
      "BatchNormalization",
      {graph.channels_first(x, axes_of(layer)), channel_constant(graph, layer, "gamma", 1),
       channel_constant(graph, layer, "beta", 0), graph.constant("moving_mean", tensor_of(layer, "moving_mean")),
       graph.constant("moving_variance", tensor_of(layer, "moving_variance"))},
      {{"epsilon", static_cast<float>(option<double>(layer, "epsilon"))}});
  return graph.channels_last(y, axes_of(layer));
}

Name layer_normalization(OnnxGraph& graph, const Layer& layer, const Name& x) {
  return graph.add("LayerNormalization",
                   {x, channel_constant(graph, layer, "gamma", 1), channel_constant(graph, layer, "beta", 0)},
                   {{"axis", Index{-1}}, {"epsilon", static_cast<float>(option<double>(layer, "epsilon"))}});
}

/// gamma y + beta, with channels last.
Name scale_and_center(OnnxGraph& graph, const Layer& layer, Name y) {
  const Tensor gamma = tensor_of(layer, "gamma");
  const Tensor beta = tensor_of(layer, "beta");
  if (gamma.defined()) y = graph.add("Mul", {y, graph.constant("gamma", gamma)});
  if (beta.defined()) y = graph.add("Add", {y, graph.constant("beta", beta)});
  return y;
}

/// InstanceNormalization of (N, groups, all else): GroupNormalization is younger than the opset.
Name normalize_groups(OnnxGraph& graph, const Layer& layer, const Name& x, Index groups) {
  const int axes = axes_of(layer);
  const Shape& shape = layer.input_shape();
  const Shape channels_first = shape.without_last().prepend(shape[-1]);
  const Name rows = graph.add(
      "Reshape", {graph.channels_first(x, axes), graph.constant("groups", {0, groups, shape.size() / groups})});
  const Name normalized = graph.add(
      "InstanceNormalization",
      {rows, graph.constant("ones", Tensor::ones({groups})), graph.constant("zeros", Tensor::zeros({groups}))},
      {{"epsilon", static_cast<float>(option<double>(layer, "epsilon"))}});
  const Name y = graph.add("Reshape", {normalized, graph.constant("shape", sizes(channels_first))});
  return scale_and_center(graph, layer, graph.channels_last(y, axes));
}

Name group_normalization(OnnxGraph& graph, const Layer& layer, const Name& x) {
  return normalize_groups(graph, layer, x, option<Index>(layer, "groups"));
}

Name instance_normalization(OnnxGraph& graph, const Layer& layer, const Name& x) {
  return normalize_groups(graph, layer, x, layer.input_shape()[-1]);
}

Name rms_normalization(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Name squares = graph.add("ReduceMean", {graph.add("Mul", {x, x})}, {{"axes", std::vector<Index>{-1}}});
  const Name epsilon = graph.constant("epsilon", Tensor::full({}, static_cast<Real>(option<double>(layer, "epsilon"))));
  const Name root = graph.add("Sqrt", {graph.add("Add", {squares, epsilon})});
  return scale_and_center(graph, layer, graph.add("Div", {x, root}));
}

// --- images --------------------------------------------------------------------------------------------------------

/// kernel_shape, strides, pads and, if asked for, dilations of windows over the images of a layer.
OnnxAttributes windows(const Layer& layer, Size2D size, Size2D strides, Size2D dilation) {
  const auto padding = option<std::string>(layer, "padding");
  const auto place = [&](const char* axis, int at, Index length, Index stride, Index dilate) {
    return place_windows(layer.name(), axis,
                         {.input = layer.input_shape()[at], .size = length, .stride = stride, .dilation = dilate},
                         padding);
  };
  const Window down = place("height", 0, size.height, strides.height, dilation.height);
  const Window across = place("width", 1, size.width, strides.width, dilation.width);
  const auto after = [](const Window& w) { return std::max<Index>(w.covered() - w.input - w.before, 0); };
  return {{"kernel_shape", std::vector<Index>{size.height, size.width}},
          {"strides", std::vector<Index>{strides.height, strides.width}},
          {"pads", std::vector<Index>{down.before, across.before, after(down), after(across)}}};
}

Name convolution(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Tensor kernel = permuted(tensor_of(layer, "kernel"), {3, 2, 0, 1});  // (outputs, inputs, height, width)
  const Size2D dilation = size_option(layer, "dilation_rate");
  OnnxAttributes attributes =
      windows(layer, {kernel.shape()[2], kernel.shape()[3]}, size_option(layer, "strides"), dilation);
  attributes.emplace_back("dilations", std::vector<Index>{dilation.height, dilation.width});
  attributes.emplace_back("group", layer.input_shape()[-1] / kernel.shape()[1]);
  std::vector<Name> inputs{graph.channels_first(x, 4), graph.constant("kernel", kernel)};
  const Tensor bias = tensor_of(layer, "bias");
  if (bias.defined()) inputs.push_back(graph.constant("bias", bias));
  const Name y = graph.channels_last(graph.add("Conv", inputs, attributes), 4);
  return apply(graph, option<std::string>(layer, "activation"), y);
}

Name pooling(OnnxGraph& graph, const Layer& layer, const Name& x, const char* operation, OnnxAttributes more) {
  const Size2D size = size_option(layer, "pool_size");
  const Size2D strides = size_option(layer, "strides");
  OnnxAttributes attributes = windows(layer, size, strides.height == 0 ? size : strides, 1);
  attributes.insert(attributes.end(), more.begin(), more.end());
  return graph.channels_last(graph.add(operation, {graph.channels_first(x, 4)}, attributes), 4);
}

Name max_pooling(OnnxGraph& graph, const Layer& layer, const Name& x) {
  return pooling(graph, layer, x, "MaxPool", {});
}

Name average_pooling(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Index count_padding = option<bool>(layer, "count_padding") ? 1 : 0;
  return pooling(graph, layer, x, "AveragePool", {{"count_include_pad", count_padding}});
}

Name global_pooling(OnnxGraph& graph, const char* operation, const Name& x) {
  return graph.add("Flatten", {graph.add(operation, {graph.channels_first(x, 4)})}, {{"axis", Index{1}}});
}

Name up_sampling(OnnxGraph& graph, const Layer& layer, const Name& x) {
  const Size2D size = size_option(layer, "size");
  const Tensor scales = Tensor::from({1, 1, static_cast<Real>(size.height), static_cast<Real>(size.width)});
  const Name y =
      graph.add("Resize", {graph.channels_first(x, 4), "", graph.constant("scales", scales)},
                {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  return graph.channels_last(y, 4);
}

// --- the table -----------------------------------------------------------------------------------------------------

using Translations = std::map<std::string, OnnxTranslation, std::less<>>;

Translations& translations() {
  static Translations map{
      {"Activation", activation},
      {"AveragePooling2D", average_pooling},
      {"BatchNormalization", batch_normalization},
      {"BatchRenormalization", batch_normalization},
      {"Conv2D", convolution},
      {"Dense", dense},
      {"DepthwiseConv2D", convolution},
      {"Dropout", unchanged},
      {"Flatten", reshape},
      {"GlobalAveragePooling2D",
       [](OnnxGraph& graph, const Layer&, const Name& x) { return global_pooling(graph, "GlobalAveragePool", x); }},
      {"GlobalMaxPooling2D",
       [](OnnxGraph& graph, const Layer&, const Name& x) { return global_pooling(graph, "GlobalMaxPool", x); }},
      {"GroupNormalization", group_normalization},
      {"Input", unchanged},
      {"InstanceNormalization", instance_normalization},
      {"LayerNormalization", layer_normalization},
      {"MaxPooling2D", max_pooling},
      {"Reshape", reshape},
      {"RMSNormalization", rms_normalization},
      {"Sequential", sequential},
      {"Standardize", standardize},
      {"UpSampling2D", up_sampling},
  };
  return map;
}

}  // namespace

std::string OnnxGraph::translate(const Layer& layer, const std::string& x) {
  const auto found = translations().find(layer.type());
  check(found != translations().end(),
        "[export_onnx] expected layers with a translation, got '{}' ({}); add one with "
        "register_onnx_translation(\"{}\", ...)",
        layer.name(), layer.type(), layer.type());
  const std::string outer = std::exchange(layer_, layer.name());
  std::string y = found->second(*this, layer, x);
  layer_ = outer;
  return y;
}

void register_onnx_translation(const std::string& type, OnnxTranslation translation) {
  check(translation != nullptr, "[register_onnx_translation] expected a function that translates a {}, got none", type);
  translations()[type] = std::move(translation);
}

void export_onnx(const Layer& model, const std::filesystem::path& path) {
  const Shape& input_shape = model.input_shape();  // throws if the model is not built
  check_model_state(path.string(), model.state());
  OnnxGraph graph;
  const std::string y = graph.translate(model, OnnxGraph::input);
  const std::string file = graph.serialize(input_shape, y, model.output_shape());
  constexpr std::size_t limit = (std::size_t{1} << 31) - 1;  // of protocol buffers
  check<FileError>(file.size() <= limit,
                   "{}: expected a model of less than 2 GiB, which ONNX files may have, got {} bytes", path.string(),
                   with_separators(static_cast<std::int64_t>(file.size())));
  write_atomically(path, file);
}

}  // namespace gradus::inline GRADUS_PRECISION
