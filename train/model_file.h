#pragma once

#include <gradus/layers/sequential.h>

#include <filesystem>

namespace gradus::inline GRADUS_PRECISION {

/// Writes the model to a safetensors file: weights and buffers by name, and in the metadata the configuration that
/// rebuilds it. The file is replaced as a whole or stays as it was. Throws StateError if the model is not built,
/// FileError if the file cannot be written.
void save_model(Layer& model, const std::filesystem::path& path);

/// Rebuilds a model that `save_model` wrote; its outputs are the same to the bit. Layer types of one's own have to be
/// made known with `register_layer` first. Throws FileError, starting with the path, for a file that is damaged or not
/// such a model.
Sequential load_model(const std::filesystem::path& path);

/// Reads weights and buffers into a built model of the same names and shapes. Throws FileError, and changes nothing, if
/// a tensor is missing, left over, of another shape or not finite, or a moving variance is negative.
void load_weights(Layer& model, const std::filesystem::path& path);

}  // namespace gradus::inline GRADUS_PRECISION
