#pragma once

#include <gradus/layers/sequential.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Writes a model to a safetensors file: weights and buffers by name; the configuration and the list of frozen layers
/// in the metadata. On failure an existing file stays unchanged. Throws StateError if the model is not built, FileError
/// if the file cannot be written, and for what `load_model` refuses: values that are not finite, and negative moving
/// variances. Throws ValueError for more than 12,000 layers, or layers nested more than 32 levels deep.
void save_model(const Layer& model, const std::filesystem::path& path);

/// Rebuilds a model written by `save_model`, with the same frozen layers. Its outputs are the same to the bit. Register
/// custom layers with `register_layer` first. Throws FileError for files that are damaged or do not hold a Sequential.
/// Names and shapes of the file are compared with the model before values are read, one tensor after the other.
/// Refusing a file takes little more memory than its tensors: layers may take three times that and 32 MiB.
Sequential load_model(const std::filesystem::path& path);

struct LoadOptions {
  /// Whether model and file must have the same tensors. If false, tensors of the same name and shape are loaded and the
  /// others keep their values, for example a new head in fine-tuning. Tensors of types that cannot be read are skipped.
  bool strict = true;
};

/// Names of weights and buffers after loading. A tensor of another shape, or of a type that cannot be read, is both
/// missing and unexpected.
struct LoadReport {
  std::vector<std::string> matched;
  std::vector<std::string> missing;     ///< in the model only: values unchanged
  std::vector<std::string> unexpected;  ///< in the file only
};

/// The number of matched tensors and a line for every other tensor.
std::string to_string(const LoadReport& report);

/// Reads weights and buffers into a built model, by name. Frozen layers are read, too, and stay frozen. Throws
/// FileError, with the model unchanged, for tensors that are not finite, negative moving variances and, if strict, for
/// missing and unexpected tensors and other shapes.
LoadReport load_weights(Layer& model, const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
