// Writes networks with every layer and every activation as ONNX files, with inputs and gradus's outputs:
//
//     onnx_networks FOLDER
//
// networks.json lists them; numbers are float, little-endian, one after the other.
#include <gradus/gradus.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace gradus;

namespace {

/// y = x + f(x): a custom layer with a translation of its own.
class Residual : public Layer {
 public:
  explicit Residual(Sequential f) : f_(std::move(f)) {}
  Children children() override { return {{"f", f_}}; }

 protected:
  Variable forward(const Variable& x, Mode mode) override { return x + f_(x, mode); }

 private:
  Sequential f_;
};

struct Network {
  std::string name;
  Sequential model;
};

class Networks {
 public:
  template <class... Layers>
  void add(std::string name, const Shape& input, Layers&&... layers) {
    list.push_back({std::move(name), Sequential{Input{input}, std::forward<Layers>(layers)...}});
  }
  /// The same for (N, 6), and behind a convolution of images (N, 7, 6, 3) to 6 channels.
  template <class Make>
  void add_both(const std::string& name, Make make) {
    add(name, {6}, make());
    add(name + " of images", {7, 6, 3}, Conv2D{6, 3}, make());
    add(name + " between convolutions", {7, 6, 3}, Conv2D{6, 3}, make(), Conv2D{2, 2});
  }

  std::vector<Network> list;
};

void add_activations(Networks& networks) {
  const std::vector<std::string> names{"linear", "relu",     "leaky_relu", "elu",  "sigmoid",
                                       "tanh",   "softplus", "gelu",       "silu", "softmax"};
  for (const std::string& name : names) {
    networks.add_both(name, [&] { return Activation{name}; });
    if (name == "softmax") continue;
    networks.add("dense " + name, {5}, Dense{4, {.activation = name}}, Dense{3});
    networks.add("conv2d " + name, {6, 6, 2}, Conv2D{3, 3, {.activation = name}}, MaxPooling2D{}, Flatten{}, Dense{3});
  }
}

void add_normalizations(Networks& networks) {
  for (const bool bare : {false, true}) {
    const bool with = !bare;
    const std::string ending = bare ? ", bare" : "";
    networks.add_both("batch" + ending, [=] { return BatchNormalization{{.center = with, .scale = with}}; });
    networks.add_both("layer" + ending, [=] { return LayerNormalization{{.center = with, .scale = with}}; });
    networks.add_both("group" + ending,
                      [=] { return GroupNormalization{{.groups = 3, .center = with, .scale = with}}; });
    networks.add_both("instance" + ending, [=] { return InstanceNormalization{{.center = with, .scale = with}}; });
    networks.add_both("rms" + ending, [=] { return RMSNormalization{{.scale = with}}; });
  }
  networks.add_both("batch renormalization", [] { return BatchRenormalization{}; });
  networks.add_both("counted batches", [] { return BatchNormalization{{.momentum = std::nullopt}}; });
  networks.add("batch of sequences", {4, 6}, BatchNormalization{});
  networks.add("group of sequences", {4, 6}, GroupNormalization{{.groups = 2}});
  networks.add("layer of sequences", {4, 6}, LayerNormalization{}, Flatten{}, Dense{2});
}

void add_convolutions(Networks& networks) {
  for (const std::string padding : {"valid", "same", "1"}) {
    for (const Index stride : {1, 2, 3}) {
      const std::string name = fmt::format(", padding {}, stride {}", padding, stride);
      networks.add("conv2d" + name, {9, 8, 4}, Conv2D{6, {3, 2}, {.strides = stride, .padding = padding, .groups = 2}});
      networks.add("depthwise" + name, {9, 8, 3}, DepthwiseConv2D{3, {.strides = stride, .padding = padding}});
      networks.add("max pooling" + name, {9, 8, 3}, MaxPooling2D{{3, 2}, {.strides = stride, .padding = padding}});
      for (const bool count : {false, true}) {
        networks.add("average pooling" + name + (count ? ", counted" : ""), {9, 8, 3},
                     AveragePooling2D{{3, 2}, {.strides = stride, .padding = padding, .count_padding = count}});
      }
    }
  }
  networks.add("dilation", {9, 8, 3}, Conv2D{4, 3, {.padding = "same", .dilation_rate = {2, 1}, .use_bias = false}});
  networks.add("one channel", {5, 5, 1}, DepthwiseConv2D{3}, Conv2D{1, 1});
  networks.add("pooling by its size", {8, 8, 2}, MaxPooling2D{2}, AveragePooling2D{{2, 4}});
  networks.add("up-sampling", {3, 4, 2}, UpSampling2D{{2, 3}}, Conv2D{2, 3});
  networks.add("global average", {5, 4, 3}, Conv2D{4, 2}, GlobalAveragePooling2D{}, Dense{2});
  networks.add("global maximum", {5, 4, 3}, Conv2D{4, 2}, GlobalMaxPooling2D{}, Dense{2});
}

void add_others(Networks& networks) {
  networks.add("input", {3});
  networks.add("dense without bias", {5}, Dense{4, {.use_bias = false}});
  networks.add("flatten", {2, 3, 2}, Flatten{});
  networks.add("flatten numbers", {}, Flatten{}, Dense{2});
  networks.add("reshape", {12}, Reshape{{2, 3, 2}}, Conv2D{2, 2}, Reshape{{4}});
  networks.add("dropout", {6}, Dense{5}, Dropout{0.5}, Dense{2});
  const Standardization statistics(Shape{2, 3}, {100, -5, 3e-3, 0, 1, 2}, {20, 0.5, 1e-3, 1, 2, 3});
  networks.add("standardize", {2, 3}, Standardize{statistics}, Flatten{}, Dense{3, {.activation = "tanh"}});
  networks.add("nested", {6}, Sequential{Dense{5}, Sequential{BatchNormalization{}, Activation{"gelu"}}, Dropout{0.2}},
               Dense{3});
  networks.add("residual", {6}, Residual{Sequential{Dense{6, {.activation = "silu"}}, LayerNormalization{}}}, Dense{3});
  networks.add("residual of images", {6, 6, 2}, Residual{Sequential{Conv2D{2, 3, {.padding = "same"}}}}, Conv2D{2, 2});
  networks.add("digits", {784}, Reshape{{28, 28, 1}}, Conv2D{8, 3, {.use_bias = false}}, BatchNormalization{},
               Activation{"relu"}, MaxPooling2D{}, DepthwiseConv2D{3}, Activation{"relu"}, Flatten{}, Dense{32},
               LayerNormalization{}, Activation{"gelu"}, Dropout{0.3}, Dense{10}, Activation{"softmax"});
}

/// Other values than those that leave inputs as they are: 1 for gamma, 0 for beta.
void draw_values(Sequential& model) {
  for (NamedTensor& tensor : model.state()) {
    const std::string& name = tensor.name();
    if (name.ends_with("kernel") || name.find("standardize") != name.npos) continue;
    const bool positive = name.ends_with("variance") || name.ends_with("stddev") || name.ends_with("gamma");
    tensor.value().copy_from(Tensor::uniform(tensor.shape(), positive ? 0.5 : -1, positive ? 2 : 1));
  }
}

void write(const std::filesystem::path& path, const Tensor& tensor) {
  const auto bytes = std::as_bytes(tensor.values());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

std::vector<Index> sizes(const Tensor& tensor) { return {tensor.shape().begin(), tensor.shape().end()}; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: onnx_networks FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  register_onnx_translation("Residual", [](OnnxGraph& graph, const Layer& layer, const std::string& x) {
    return graph.add("Add", {x, graph.translate(layer.layer("f"), x)});
  });
  set_seed(1);
  Networks networks;
  add_activations(networks);
  add_normalizations(networks);
  add_convolutions(networks);
  add_others(networks);

  nlohmann::json list;
  for (auto& [name, model] : networks.list) {
    draw_values(model);
    const std::string file = std::to_string(list.size());
    export_onnx(model, folder / (file + ".onnx"));
    nlohmann::json batches;
    for (const Index batch : {1, 5}) {
      const Tensor x = Tensor::normal(model.input_shape().prepend(batch), 0, 2);
      const Tensor y = model.predict(x);
      const std::string stem = fmt::format("{}_{}", file, batch);
      write(folder / (stem + ".x"), x);
      write(folder / (stem + ".y"), y);
      batches.push_back({{"x", stem + ".x"}, {"x_sizes", sizes(x)}, {"y", stem + ".y"}, {"y_sizes", sizes(y)}});
    }
    list.push_back({{"name", name}, {"file", file + ".onnx"}, {"batches", batches}});
  }
  std::ofstream(folder / "networks.json") << list.dump(1);
  fmt::print("{} networks\n", list.size());
  return 0;
}
