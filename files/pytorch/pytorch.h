#pragma once

#include <gradus/layers/layer.h>

#include <filesystem>
#include <map>
#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Names of a PyTorch model in place of those that follow from its torch.nn.Sequential: by the path of a layer the name
/// of the module ({"dense", "encoder.fc"} makes "encoder.fc.weight"), or by the name of a tensor that of the tensor
/// ({"dense.kernel", "projection"}).
using PyTorchNames = std::map<std::string, std::string>;

/// Writes the weights and buffers of a model as a safetensors file with the names and layouts of the same model in
/// PyTorch, where load_state_dict takes them. On failure an existing file stays unchanged.
///
///     export_pytorch(model, "digits.pytorch.safetensors");
///     model.load_state_dict(safetensors.torch.load_file("digits.pytorch.safetensors"))  # in Python
///
///     gradus                                         torch.nn
///     Dense            kernel (in, out)              Linear            weight (out, in)
///     Conv2D           kernel (h, w, in, out)        Conv2d            weight (out, in, h, w), and DepthwiseConv2D
///     BatchNormalization  gamma, beta                BatchNorm1d, 2d   weight, bias
///                      moving_mean, moving_variance                    running_mean, running_var
///     Layer-, Group-, Instance-, RMSNormalization    LayerNorm, ...    weight, bias
///
/// Names are those of torch.nn.Sequential: "0.weight", "3.running_mean", "4.0.weight" in a Sequential within. A layer
/// is one module, whether it has weights or not, with these exceptions: Input is none; an activation that is an option
/// of a layer is a module behind it; a global pooling is followed by a Flatten. Layers within a layer of your own have
/// the names that children() gives, and its own tensors keep theirs, in gradus's layout. `names` has others.
///
/// PyTorch has the channels of images first. Where a Flatten has made features of images, they have another order
/// there: kernels and normalizations behind it are permuted, up to the first Dense. Throws ValueError for models whose
/// meaning another order changes: a Reshape to or from images of several channels, groups of flattened features, images
/// that are flattened at the end or in a layer of your own; and for names that are not of this model, or given twice.
/// Throws StateError if the model is not built, FileError if the file cannot be written and for values that are not
/// finite.
void export_pytorch(const Layer& model, const std::filesystem::path& path, const PyTorchNames& names = {});

/// Reads such a file, written by PyTorch or by `export_pytorch`, into a built model. Throws FileError, with the model
/// unchanged, for tensors that are missing, of another shape or not finite, and for those that are not of this model,
/// except for num_batches_tracked where the model does not count batches. Throws ValueError as `export_pytorch`.
void import_pytorch(Layer& model, const std::filesystem::path& path, const PyTorchNames& names = {});

}  // namespace gradus::inline GRADUS_PRECISION
