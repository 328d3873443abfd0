#pragma once  // internal

#include <gradus/layers/config.h>

#include <map>
#include <string>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// What a model file has besides tensors.
struct ModelConfig {
  Config layers;
  Shape input_shape;
  std::vector<std::string> frozen;  ///< paths of layers, "" for all
};

/// Whether the metadata of a file have the configuration of a model.
bool has_model_config(const std::map<std::string, std::string>& metadata);

/// The entries of the metadata. Throws ValueError for what `model_config_from` refuses.
std::map<std::string, std::string> to_metadata(const ModelConfig& config);

/// Reads the entries, also those of earlier versions. Throws FileError for the file `path` if they are malformed.
ModelConfig model_config_from(const std::string& path, const std::map<std::string, std::string>& metadata);

}  // namespace gradus::inline GRADUS_PRECISION
