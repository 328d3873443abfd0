#pragma once  // internal

#include <gradus/files/pytorch/pytorch.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A tensor of a model and its counterpart in PyTorch: the elements as `axes`, in the order `order` of these axes, in
/// the shape `shape`.
struct Counterpart {
  NamedTensor* tensor;
  std::string name;
  Shape axes;
  std::vector<int> order;
  Shape shape;

  Tensor to_pytorch() const;
  Tensor from_pytorch(const Tensor& value) const;
};

/// Those of all tensors of the model, in order. Throws as `export_pytorch`, with [context].
std::vector<Counterpart> counterparts(const char* context, Layer& model, const PyTorchNames& names);

}  // namespace gradus::inline GRADUS_PRECISION
