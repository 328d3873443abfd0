#pragma once

#include <gradus/layers/sequential.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Writes the model to a safetensors file: weights and buffers by name, and in the metadata the configuration that
/// rebuilds it and which layers are frozen. The file is replaced as a whole or stays as it was. Throws StateError if
/// the model is not built, FileError if the file cannot be written.
void save_model(const Layer& model, const std::filesystem::path& path);

/// Rebuilds a model that `save_model` wrote; its outputs are the same to the bit, frozen layers are frozen. Layer types
/// of one's own have to be made known with `register_layer` first. Throws FileError, starting with the path, for a file
/// that is damaged or not such a model.
Sequential load_model(const std::filesystem::path& path);

struct LoadOptions {
  /// Every tensor of the model must be in the file and the other way round. If not, what has the same name and shape is
  /// taken and the rest stays as it is, as for another head in fine-tuning.
  bool strict = true;
};

/// What became of each weight and buffer, by name. A tensor of another shape is both missing and left over.
struct LoadReport {
  std::vector<std::string> matched;
  std::vector<std::string> missing;    ///< of the model, not in the file: they keep their values
  std::vector<std::string> left_over;  ///< in the file, not of the model
};

/// How many matched, and a line for every other tensor.
std::string to_string(const LoadReport& report);

/// Reads weights and buffers into a built model, by name. What is frozen stays so, and is read too. Throws FileError,
/// and changes nothing, if a tensor is not finite or a moving variance is negative, and, when strict, if one is
/// missing, left over or of another shape.
LoadReport load_weights(Layer& model, const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace gradus::inline GRADUS_PRECISION
