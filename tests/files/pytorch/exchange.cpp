// Networks that begin in gradus and go on in PyTorch, and the reverse. exchange.py, which knows the same networks, runs
//
//     pytorch_exchange begin FOLDER   trains, exports, goes on, and writes its outputs
//     pytorch_exchange finish FOLDER  goes on with what PyTorch has trained, and compares with the outputs of PyTorch
//
// For each network and optimizer the folder has, as NETWORK.OPTIMIZER.*.safetensors, `data`, the exported weights
// `gradus` and `torch`, and the outputs ten steps later, `gradus_outputs` and `torch_outputs`.
#include <gradus/files/safetensors.h>
#include <gradus/gradus.h>

#include <cmath>
#include <functional>

using namespace gradus;

namespace {

constexpr Index steps_before = 5;
constexpr Index steps = 15;  // with those before
constexpr Index batch_size = 16;
constexpr Real tolerance = Real(1e-6);

struct Network {
  std::string name;
  std::function<Sequential()> make;
  PyTorchNames names = {};
};

// With PyTorch's initial values, as the networks of exchange.py have.

Dense dense(Index units, const std::string& activation = "linear", bool use_bias = true) {
  DenseOptions options = DenseOptions::pytorch();
  options.activation = activation;
  options.use_bias = use_bias;
  return Dense{units, options};
}

Conv2DOptions convolution(const std::string& padding, bool use_bias, const std::string& activation = "linear") {
  Conv2DOptions options = Conv2DOptions::pytorch();
  options.padding = padding;
  options.use_bias = use_bias;
  options.activation = activation;
  return options;
}

BatchNormalization batch_normalization() { return BatchNormalization{BatchNormalizationOptions::pytorch()}; }

Sequential features() {
  return Sequential{Input{12},
                    dense(16, "linear", false),
                    batch_normalization(),
                    Activation{"relu"},
                    Dropout{0},
                    dense(8, "tanh"),
                    LayerNormalization{LayerNormalizationOptions::pytorch()},
                    dense(3)};
}

Sequential images() {
  return Sequential{Input{{8, 6, 3}},
                    Conv2D{6, {3, 2}, convolution("1", false)},
                    batch_normalization(),
                    Activation{"relu"},
                    MaxPooling2D{2},
                    DepthwiseConv2D{3, convolution("1", true, "elu")},
                    GroupNormalization{{.groups = 2, .epsilon = 1e-5}},
                    Activation{"silu"},
                    Flatten{},
                    batch_normalization(),
                    dense(8, "gelu"),
                    dense(3)};
}

Sequential named() {
  return Sequential{
      Input{{4, 4, 2}},
      Sequential{Conv2D{4, 3, convolution("valid", false)},
                 BatchNormalization{{.momentum = std::nullopt, .epsilon = 1e-5, .unbiased_variance = true}}},
      Activation{"softplus"}, GlobalAveragePooling2D{}, dense(3)};
}

const std::vector<Network>& networks() {
  static const std::vector<Network> list{
      {"features", features},
      {"images", images},
      {"names", named, {{"sequential", "encoder"}, {"dense", "head"}, {"dense.bias", "offset"}}},
  };
  return list;
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name) {
  if (name == "sgd") {
    SGDOptions options = SGDOptions::pytorch();
    options.learning_rate = 0.01;
    options.momentum = 0.9;
    options.weight_decay = 1e-3;
    return std::make_unique<SGD>(options);
  }
  return std::make_unique<Adam>(AdamOptions::pytorch());
}

struct Data {
  Tensor inputs;  // (steps, batch size, ...)
  Tensor labels;  // (steps, batch size)
  Tensor test;
};

void train(Sequential& model, const std::string& optimizer_name, const Data& data, Index begin, Index end) {
  const auto optimizer = make_optimizer(optimizer_name);
  for (Index step = begin; step < end; ++step) {
    GradientTape tape;
    const Tensor x = data.inputs.rows(step, step + 1);
    const Variable logits = model(x.reshape(x.shape().without_first()), Mode::training);
    tape.backward(softmax_cross_entropy(logits, data.labels.rows(step, step + 1).reshape({batch_size})));
    optimizer->step(model.parameters());
  }
}

Data draw(const Shape& sample) {
  Tensor labels = Tensor::uniform({steps, batch_size}, 0, 3);
  for (Real& label : labels.values()) label = std::floor(label);
  return {Tensor::normal(sample.prepend(batch_size).prepend(steps)), labels, Tensor::normal(sample.prepend(32))};
}

Data read_data(const std::string& stem) {
  const SafeTensors file = read_safetensors(stem + ".data.safetensors");
  return {file.tensors[0].value, file.tensors[1].value, file.tensors[2].value};
}

void write(const std::string& path, const std::vector<SafeTensor>& tensors) { write_safetensors(path, tensors); }

void begin(const Network& network, const std::string& optimizer, const std::string& stem) {
  set_seed(7);
  Sequential model = network.make();
  const Data data = draw(model.input_shape());
  write(stem + ".data.safetensors", {{"inputs", data.inputs}, {"labels", data.labels}, {"test", data.test}});
  train(model, optimizer, data, 0, steps_before);
  export_pytorch(model, stem + ".gradus.safetensors", network.names);
  train(model, optimizer, data, steps_before, steps);
  write(stem + ".gradus_outputs.safetensors", {{"outputs", model.predict(data.test)}});
}

/// Whether it agrees.
bool finish(const Network& network, const std::string& optimizer, const std::string& stem) {
  Sequential model = network.make();
  const Data data = read_data(stem);
  import_pytorch(model, stem + ".torch.safetensors", network.names);
  train(model, optimizer, data, steps_before, steps);
  const Tensor outputs = model.predict(data.test);
  const Tensor expected = read_safetensors(stem + ".torch_outputs.safetensors").tensors.at(0).value;
  Real largest = 0;
  for (std::size_t i = 0; i < expected.values().size(); ++i) {
    largest = std::max(largest, std::abs(outputs.values()[i] - expected.values()[i]));
  }
  const bool agrees = outputs.shape() == expected.shape() && largest <= tolerance;
  fmt::print("{:10} {:5} PyTorch to gradus: {:.1e}{}\n", network.name, optimizer, largest, agrees ? "" : "  FAILED");
  return agrees;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc == 3 ? argv[1] : "";
  if (command != "begin" && command != "finish") {
    fmt::print(stderr, "usage: pytorch_exchange begin|finish FOLDER\n");
    return 2;
  }
  bool agree = true;
  for (const Network& network : networks()) {
    for (const std::string optimizer : {"sgd", "adam"}) {
      const std::string stem = fmt::format("{}/{}.{}", argv[2], network.name, optimizer);
      if (command == "begin") begin(network, optimizer, stem);
      if (command == "finish") agree = finish(network, optimizer, stem) && agree;
    }
  }
  return agree ? 0 : 1;
}
