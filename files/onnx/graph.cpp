#include <gradus/files/onnx/graph.h>

#include <gradus/core/about/version.h>
#include <gradus/files/onnx/protobuf.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

// Numbers of onnx.proto.
constexpr Index ir_version = 8;
constexpr Index opset = 17;
constexpr Index float_elements = 1;
constexpr Index int64_elements = 7;

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

ProtobufMessage attribute(const std::string& name, const OnnxAttribute& value) {
  ProtobufMessage message;
  message.bytes(1, name);
  if (const auto* number = std::get_if<float>(&value)) {
    message.number(2, *number);
  } else if (const auto* whole = std::get_if<Index>(&value)) {
    message.number(3, *whole);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    message.bytes(4, *text);
  } else {
    for (const Index element : std::get<std::vector<Index>>(value)) message.number(8, element);
  }
  constexpr Index types[] = {2, 1, 3, 7};  // INT, FLOAT, STRING, INTS
  message.number(20, types[value.index()]);
  return message;
}

/// A ValueInfoProto: float elements, a batch of any size of samples of that shape.
ProtobufMessage value_info(const std::string& name, const Shape& sample) {
  ProtobufMessage dimensions, batch, tensor, type, info;
  batch.bytes(2, "batch");
  dimensions.message(1, batch);
  for (const Index size : sample) {
    ProtobufMessage dimension;
    dimension.number(1, size);
    dimensions.message(1, dimension);
  }
  tensor.number(1, float_elements);
  tensor.message(2, dimensions);
  type.message(1, tensor);
  info.bytes(1, name);
  info.message(2, type);
  return info;
}

/// The order of the axes behind that of the batch: 0, last, 1, ... to bring the channels first, or back.
std::vector<Index> axes_behind_batch(int axes, bool channels_first) {
  std::vector<Index> order(static_cast<std::size_t>(axes));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  const auto middle = channels_first ? order.end() - 1 : order.begin() + 2;
  std::rotate(order.begin() + 1, middle, order.end());
  return order;
}

}  // namespace

std::string OnnxGraph::unique(const std::string& name) {
  const Index same = names_[name]++;
  return same == 0 ? name : unique(fmt::format("{}_{}", name, same));
}

std::string OnnxGraph::add(const std::string& operation, std::vector<std::string> inputs, OnnxAttributes attributes) {
  nodes_.push_back(
      {operation, std::move(inputs), unique(fmt::format("{}/{}", layer_, operation)), std::move(attributes)});
  return nodes_.back().output;
}

std::string OnnxGraph::constant(const std::string& name, const Tensor& value) {
  const std::vector<float> numbers(value.values().begin(), value.values().end());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    check(std::isfinite(numbers[i]), "[export_onnx] expected numbers that a float can hold in {}.{}, got {}", layer_,
          name, value.values()[i]);
  }
  constants_.push_back({unique(fmt::format("{}.{}", layer_, name)),
                        {value.shape().begin(), value.shape().end()},
                        bytes_of(numbers),
                        float_elements});
  return constants_.back().name;
}

std::string OnnxGraph::constant(const std::string& name, const std::vector<Index>& values) {
  constants_.push_back(
      {unique(fmt::format("{}.{}", layer_, name)), {std::ssize(values)}, bytes_of(values), int64_elements});
  return constants_.back().name;
}

std::string OnnxGraph::transposed(const std::string& x, int axes, bool channels_first) {
  if (axes < 3) return x;
  auto& twins = channels_first ? first_of_ : last_of_;
  const auto known = twins.find(x);
  if (known != twins.end()) return known->second.name;
  std::string y = add("Transpose", {x}, {{"perm", axes_behind_batch(axes, channels_first)}});
  twins[x] = {y, axes};
  (channels_first ? last_of_ : first_of_)[y] = {x, axes};
  return y;
}

std::string OnnxGraph::elementwise(const std::string& x, const std::function<std::string(const std::string&)>& f) {
  const auto first = first_of_.find(x);
  if (first == first_of_.end()) return f(x);
  const Twin twin = first->second;
  return channels_last(f(twin.name), twin.axes);
}

std::string OnnxGraph::serialize(const Shape& input_shape, const std::string& y, const Shape& output_shape) const {
  const Node last{"Identity", {y}, "output", {}};
  std::set<std::string> needed{y};
  std::vector<const Node*> nodes{&last};
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    const Node& node = nodes_[i];
    if (!needed.contains(node.output)) continue;
    nodes.push_back(&node);
    needed.insert(node.inputs.begin(), node.inputs.end());
  }
  std::ranges::reverse(nodes);

  ProtobufMessage graph;
  for (const Node* node : nodes) {
    ProtobufMessage message;
    for (const std::string& name : node->inputs) message.bytes(1, name);
    message.bytes(2, node->output);
    message.bytes(3, node->output);
    message.bytes(4, node->operation);
    for (const auto& [name, value] : node->attributes) message.message(5, attribute(name, value));
    graph.message(1, message);
  }
  graph.bytes(2, "gradus");
  for (const Constant& constant : constants_) {
    if (!needed.contains(constant.name)) continue;
    ProtobufMessage message;
    for (const Index size : constant.sizes) message.number(1, size);
    message.number(2, constant.type);
    message.bytes(8, constant.name);
    message.bytes(9, constant.bytes);
    graph.message(5, message);
  }
  graph.message(11, value_info(input, input_shape));
  graph.message(12, value_info(last.output, output_shape));

  ProtobufMessage model, version;
  version.number(2, opset);
  model.number(1, ir_version);
  model.bytes(2, "gradus");
  model.bytes(3, gradus::version());
  model.message(7, graph);
  model.message(8, version);
  return model.text();
}

}  // namespace gradus::inline GRADUS_PRECISION
