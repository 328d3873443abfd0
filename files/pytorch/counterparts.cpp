#include <gradus/files/pytorch/counterparts.h>

#include <gradus/core/arithmetic/permuted.h>
#include <gradus/core/names.h>
#include <gradus/layers/registry/config_reader.h>
#include <gradus/layers/sequential.h>

#include <algorithm>
#include <optional>
#include <set>

namespace gradus::inline GRADUS_PRECISION {

namespace {

// --- what gradus's layers are in PyTorch ---------------------------------------------------------------------------

/// How the elements of a tensor lie there.
enum class Layout {
  same,
  features,     ///< as here, but in PyTorch's order where they are of flattened images; of an image, (c, h, w)
  linear,       ///< (in, out) is (out, in), with `in` as the features
  convolution,  ///< (h, w, in, out) is (out, in, h, w)
  number,       ///< (1) is ()
};

struct TensorRow {
  std::string ours;
  std::string theirs;
  Layout layout;
};

struct LayerRow {
  std::string type;
  std::vector<TensorRow> tensors = {};
  int modules = 1;  ///< of a torch.nn.Sequential
};

const std::vector<LayerRow>& rows() {
  static const std::vector<TensorRow> dense{{"kernel", "weight", Layout::linear}, {"bias", "bias", Layout::same}};
  static const std::vector<TensorRow> convolution{{"kernel", "weight", Layout::convolution},
                                                  {"bias", "bias", Layout::same}};
  static const std::vector<TensorRow> normalization{{"gamma", "weight", Layout::features},
                                                    {"beta", "bias", Layout::features},
                                                    {"moving_mean", "running_mean", Layout::features},
                                                    {"moving_variance", "running_var", Layout::features},
                                                    {"num_batches_tracked", "num_batches_tracked", Layout::number},
                                                    {"renorm_mean", "renorm_mean", Layout::features},
                                                    {"renorm_stddev", "renorm_stddev", Layout::features}};
  static const std::vector<TensorRow> statistics{{"mean", "mean", Layout::features},
                                                 {"standard_deviation", "standard_deviation", Layout::features}};
  static const std::vector<LayerRow> table{
      {"Activation"},
      {"AveragePooling2D"},
      {"BatchNormalization", normalization},
      {"BatchRenormalization", normalization},
      {"Conv2D", convolution},
      {"Dense", dense},
      {"DepthwiseConv2D", convolution},
      {"Dropout"},
      {"Flatten"},
      {"GlobalAveragePooling2D", {}, 2},
      {"GlobalMaxPooling2D", {}, 2},
      {"GroupNormalization", normalization},
      {"Input", {}, 0},
      {"InstanceNormalization", normalization},
      {"LayerNormalization", normalization},
      {"MaxPooling2D"},
      {"Reshape"},
      {"RMSNormalization", normalization},
      {"Standardize", statistics},
      {"UpSampling2D"},
  };
  return table;
}

/// Null for a custom layer and for Sequential.
const LayerRow* row_of(const Layer& layer) {
  const auto found = std::ranges::find(rows(), layer.type(), &LayerRow::type);
  return found == rows().end() ? nullptr : &*found;
}

int modules_of(const Layer& layer) {
  const LayerRow* const row = row_of(layer);
  if (row == nullptr) return 1;
  std::string activation = "linear";
  const Config config = layer.config();
  ConfigReader reader(config);
  reader("activation", activation);
  return row->modules + (activation == "linear" ? 0 : 1);
}

// --- layouts -------------------------------------------------------------------------------------------------------

/// The images (h, w, c) that features are the flattened elements of, if they are and the order matters.
using Flattened = std::optional<Shape>;

/// Whether channels first is another order of the elements of a sample.
bool is_reordered(const Shape& sample) { return sample.rank() == 3 && sample[2] > 1 && sample[0] * sample[1] > 1; }

Shape in_order(const Shape& axes, const std::vector<int>& order) {
  Shape shape;
  for (const int axis : order) shape = shape.append(axes[axis]);
  return shape;
}

/// The counterpart, without its name.
Counterpart laid_out(NamedTensor& tensor, Layout layout, const Flattened& flattened) {
  const Shape& shape = tensor.shape();
  if (layout == Layout::linear) {
    const Shape theirs{shape[1], shape[0]};
    if (flattened) return {&tensor, "", flattened->append(shape[1]), {3, 2, 0, 1}, theirs};
    return {&tensor, "", shape, {1, 0}, theirs};
  }
  if (layout == Layout::convolution) {
    const std::vector<int> order{3, 2, 0, 1};
    return {&tensor, "", shape, order, in_order(shape, order)};
  }
  if (layout == Layout::features && (flattened || shape.rank() == 3)) {
    const std::vector<int> order{2, 0, 1};
    const Shape axes = flattened.value_or(shape);
    return {&tensor, "", axes, order, flattened ? shape : in_order(axes, order)};
  }
  std::vector<int> unchanged;
  for (int axis = 0; axis < shape.rank(); ++axis) unchanged.push_back(axis);
  return {&tensor, "", shape, unchanged, layout == Layout::number ? Shape{} : shape};
}

// --- a walk through the model --------------------------------------------------------------------------------------

std::string within(const std::string& outer, const std::string& name) {
  return outer.empty() ? name : fmt::format("{}.{}", outer, name);
}

class Walk {
 public:
  Walk(const char* context, const PyTorchNames& names) : context_(context), names_(names) {}

  std::vector<Counterpart> run(Layer& model) {
    const Flattened flattened = visit(model, "", "", {});
    check(!flattened,
          "[{}] expected outputs in the same order as in PyTorch, which has channels first, got images {} that are "
          "flattened at the end; put a Dense behind the Flatten, or leave it out",
          context_, flattened.value_or(Shape{}));
    for (const auto& [ours, theirs] : names_) find_name(context_, "layer or tensor", ours, known_);
    return std::move(result_);
  }

 private:
  /// Adds the tensors of a layer and of those within. Takes what the layer's features are, returns what its outputs
  /// are.
  Flattened visit(Layer& layer, const std::string& path, const std::string& default_module, Flattened flattened) {
    const std::string module = name_of(path, default_module);
    if (auto* sequential = dynamic_cast<Sequential*>(&layer)) {
      int number = 0;
      for (const auto& [name, child] : sequential->children()) {
        flattened = visit(child, within(path, name), within(module, std::to_string(number)), flattened);
        number += modules_of(child);
      }
      return flattened;
    }
    add_tensors(layer, module, flattened);
    check_order(layer, flattened);
    for (const auto& [name, child] : layer.children()) {
      const Flattened inside = visit(child, within(path, name), within(module, name), {});
      check(
          !inside,
          "[{}] expected a Flatten of images in a Sequential, which says what follows it, got one of images {} in '{}' "
          "({}); put it and the Dense behind it into a Sequential",
          context_, inside.value_or(Shape{}), layer.name(), layer.type());
    }
    if (layer.type() == "Flatten" && is_reordered(layer.input_shape())) return layer.input_shape();
    if (layer.type() == "Dense") return {};
    return flattened;
  }

  /// Throws ValueError for a layer that means something else where the elements have another order.
  void check_order(const Layer& layer, const Flattened& flattened) const {
    const std::string type = layer.type();
    const Shape& input = layer.input_shape();
    const Shape& output = layer.output_shape();
    if (type == "Reshape" && input != output) {
      check(!flattened && !is_reordered(input) && !is_reordered(output),
            "[{}] expected a Reshape that does the same in PyTorch, which has channels first, got '{}' from {} to {}; "
            "use Flatten, or images of one channel",
            context_, layer.name(), input, output);
    }
    check(!flattened || (type != "GroupNormalization" && row_of(layer) != nullptr),
          "[{}] expected features in the same order as in PyTorch, which has channels first, got those of flattened "
          "images {} as input of '{}' ({}); put it before the Flatten, or a Dense between",
          context_, flattened.value_or(Shape{}), layer.name(), type);
  }

  /// The tensors of a layer itself, each once if layers share them.
  void add_tensors(Layer& layer, const std::string& module, const Flattened& flattened) {
    std::set<std::uint64_t> inner = seen_;
    for (const auto& [name, child] : layer.children()) {
      for (const NamedTensor& tensor : child.state()) inner.insert(tensor.id());
    }
    const LayerRow* const row = row_of(layer);
    for (NamedTensor& tensor : layer.state()) {
      if (inner.contains(tensor.id())) continue;
      seen_.insert(tensor.id());
      const std::string ours = tensor.name().substr(tensor.name().rfind('.') + 1);
      const TensorRow of_own{ours, ours, Layout::same};
      const TensorRow& how = row == nullptr ? of_own : *std::ranges::find(row->tensors, ours, &TensorRow::ours);
      result_.push_back(laid_out(tensor, how.layout, flattened));
      result_.back().name = name_of(tensor.name(), within(module, how.theirs));
      check(used_.insert(result_.back().name).second,
            "[{}] expected another name for every tensor, got '{}' for {} too", context_, result_.back().name,
            tensor.name());
    }
  }

  std::string name_of(const std::string& ours, const std::string& by_default) {
    known_.push_back(ours);
    const auto named = names_.find(ours);
    return named == names_.end() ? by_default : named->second;
  }

  const char* context_;
  const PyTorchNames& names_;
  std::vector<std::string> known_;  // of this model
  std::set<std::string> used_;      // in PyTorch
  std::set<std::uint64_t> seen_;    // tensors
  std::vector<Counterpart> result_;
};

}  // namespace

Tensor Counterpart::to_pytorch() const { return permuted(tensor->value().reshape(axes), order).reshape(shape); }

Tensor Counterpart::from_pytorch(const Tensor& value) const {
  std::vector<int> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  return permuted(value.reshape(in_order(axes, order)), back).reshape(tensor->shape());
}

std::vector<Counterpart> counterparts(const char* context, Layer& model, const PyTorchNames& names) {
  return Walk(context, names).run(model);
}

}  // namespace gradus::inline GRADUS_PRECISION
