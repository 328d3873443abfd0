#pragma once

#include <gradus/layers/layer.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Attributes of a node by name: {{"axis", Index{-1}}, {"mode", "nearest"}}.
using OnnxAttribute = std::variant<Index, float, std::string, std::vector<Index>>;
using OnnxAttributes = std::vector<std::pair<std::string, OnnxAttribute>>;

/// The graph that `export_onnx` fills. Values have names; every function that adds a node returns that of its output.
///
/// ONNX wants the channels of images on the first axis behind the batch, gradus has them on the last. All values are as
/// in gradus, except for those between `channels_first` and `channels_last`.
///
/// Several threads: one.
class OnnxGraph {
 public:
  /// The nodes of a layer, by the translation of its type. Throws ValueError, naming the layer, if there is none.
  std::string translate(const Layer& layer, const std::string& x);

  /// A node with one output: add("Gemm", {x, kernel, bias}). An empty name stands for an input that is left out.
  std::string add(const std::string& operation, std::vector<std::string> inputs, OnnxAttributes attributes = {});
  /// A constant, named after the layer that is being translated: numbers as float, or whole numbers as 64 bits.
  std::string constant(const std::string& name, const Tensor& value);
  std::string constant(const std::string& name, const std::vector<Index>& values);

  /// The value, of `axes` axes with that of the batch, with its last axis behind that of the batch, and back. A value
  /// that came from there is not transposed again.
  std::string channels_first(const std::string& x, int axes) { return transposed(x, axes, true); }
  std::string channels_last(const std::string& x, int axes) { return transposed(x, axes, false); }
  /// f(x) of an elementwise function, which does not mind where the channels are: between two convolutions, say, it is
  /// computed without transposing.
  std::string elementwise(const std::string& x, const std::function<std::string(const std::string&)>& f);

  /// The name of the model's input.
  static constexpr const char* input = "input";
  /// The file, a ModelProto, of a model that computes y: without the nodes that y does not need. Shapes of a sample.
  std::string serialize(const Shape& input_shape, const std::string& y, const Shape& output_shape) const;

 private:
  struct Node {
    std::string operation;
    std::vector<std::string> inputs;
    std::string output;
    OnnxAttributes attributes;
  };
  struct Constant {
    std::string name;
    std::vector<Index> sizes;
    std::string bytes;
    Index type;  // of the elements, as TensorProto numbers them
  };
  std::string unique(const std::string& name);
  std::string transposed(const std::string& x, int axes, bool channels_first);

  /// The same value with its channels elsewhere.
  struct Twin {
    std::string name;
    int axes;
  };
  std::string layer_;        // that is being translated
  std::vector<Node> nodes_;  // each behind those that it needs
  std::vector<Constant> constants_;
  std::map<std::string, Index> names_;    // and how often each was asked for
  std::map<std::string, Twin> first_of_;  // channels first, by the name with channels last
  std::map<std::string, Twin> last_of_;   // the reverse
};

}  // namespace gradus::inline GRADUS_PRECISION
